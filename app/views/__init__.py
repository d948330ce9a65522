"""What the numbers do: the views beside the stage. Each file is one view, what may be asked of it and what it tells.

A page says which views it has open (`watch`), and each is told whenever what it shows has changed: it shows the moment
of the cursor, so it goes back in time with it. What is seen is copied at once and worked out afterwards, in parts,
between which everybody else is served; so nothing that a view asks for holds up a step.
"""
