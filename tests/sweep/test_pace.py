import pytest

from neuromorph.sweep.pace import Pace


def simulate(pace, points, seconds, first=0.0):
    """Hand out points of ``seconds`` each; return the chunks' work. The first call compiles."""
    left, work = points, []
    while left:
        size = pace.size(left)
        spent = size * seconds + (first if not work else 0.0)
        pace.learn(size, spent)
        work.append(spent)
        left -= size
    return work


@pytest.mark.parametrize("seconds", [1e-6, 3e-5, 2e-3, 0.05])
def test_chunks_hold_the_work_aimed_at_whatever_a_point_costs(seconds):
    work = simulate(Pace(target=0.2, workers=2), round(20.0 / seconds), seconds, first=2.0)
    grown = [spent for spent in work if spent > 0.1 - seconds]
    assert sum(grown) > 0.95 * sum(work) - 2.0  # the rest is the run-up and the very last
    assert max(work[1:]) <= 0.2 + seconds


def test_points_longer_than_a_chunk_go_alone():
    pace = Pace(target=0.2, workers=2)
    pace.learn(1, 3.0)
    assert pace.size(100) == 1


def test_the_end_is_shared_between_the_workers():
    pace = Pace(target=0.2, workers=4)
    pace.learn(100, 0.1)
    assert pace.size(10_000) == 200
    assert pace.size(1000) == 125  # 1000 / (2 * 4)
    assert pace.size(300) == 100  # not below half of the target
    assert pace.size(30) == 30


def test_a_fixed_size_stays():
    pace = Pace(fixed=7)
    pace.learn(7, 100.0)
    assert [pace.size(100), pace.size(3)] == [7, 3]
