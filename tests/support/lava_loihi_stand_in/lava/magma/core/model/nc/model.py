"""Models on neurocores."""


class AbstractNcProcessModel:
    pass
