"""Models in C; the stand-in's models are subclasses so that the run configuration prefers them."""


class CLoihiProcessModel:
    pass
