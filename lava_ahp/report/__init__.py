"""Everything that draws HTML pages, pictures, terminal tables or progress, from data alone.

``deploy_page`` and ``profile_page`` are the pages, with their pictures in ``deploy_figures``, ``sample_figures`` and
``profile_figures``.
``profile_terminal`` and ``network_terminal`` print tables, ``progress`` reports long work.
"""
