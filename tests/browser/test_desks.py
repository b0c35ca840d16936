"""Several coordinators save at once: every one is in the pilot, and no page fails."""

from bench.desks import work


def test_what_three_coordinators_save_at_once_is_all_there(demo_copy, tmp_path):
    kept = work(demo_copy, tmp_path, n_desks=3, seconds=30, every_s=4)

    assert kept.errors == []
    assert kept.n_in_pilot == kept.n_registered > 0
