"""One file for each kind of layer: what it emits forward and backward, its parameters, its words."""
