"""Original and suspect, compared: where the one shows the other, and whether its fine detail agrees.

Arrays in, arrays out. `registration` lays a suspect onto the original, `detail` says whether what is fine in
the two is the same, `pictures` draws it. OpenCV, the extra `match`, is asked for in this room only.
"""
