import pytest

from neuromorph.sweep import grid, read_sweep, run_sweep
from tests.sweep import points

PLAN = grid({"a": range(12)}, name="first")


@pytest.fixture
def finished(tmp_path):
    run_sweep(PLAN, points.picky, folder=tmp_path / "s", chunk=4)
    return tmp_path / "s"


def chunk_files(folder):
    return sorted((folder / "chunks").iterdir())


def test_the_folder_can_be_read_without_the_function(finished):
    result = read_sweep(finished)
    assert result.complete
    assert result.plan.hash == PLAN.hash
    assert result.values[:7] == list(range(7))
    assert len(result.failed) == 1


def test_a_folder_of_another_plan_is_refused_by_hash(finished):
    other = grid({"a": range(12)}, name="second", seed=1)
    text = f"holds plan 'first' with hash {PLAN.hash[:12]}, this is 'second' with {other.hash[:12]}"
    with pytest.raises(ValueError, match=text):
        run_sweep(other, points.picky, folder=finished)


def test_a_folder_of_another_function_is_refused(finished):
    with pytest.raises(ValueError, match="results of function 'picky', this is 'noisy'"):
        run_sweep(PLAN, points.noisy, folder=finished)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ValueError, match="holds other files and no sweep"):
        run_sweep(PLAN, points.picky, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(FileNotFoundError):
        read_sweep(tmp_path)


def test_a_later_format_is_refused(finished):
    header = finished / "plan.json"
    header.write_text(header.read_text().replace('"version": 1', '"version": 9'))
    with pytest.raises(ValueError, match="no neuromorph sweep of version 1 or earlier"):
        read_sweep(finished)


@pytest.mark.parametrize("keep", [0, 1, 40, -1, -20])
def test_a_truncated_chunk_file_is_set_aside_and_computed_again(finished, keep):
    before = read_sweep(finished).values
    victim = chunk_files(finished)[1]
    victim.write_bytes(victim.read_bytes()[:keep])
    assert len(read_sweep(finished)) == (12 if keep == -1 else 8)  # -1 loses the newline only
    result = run_sweep(PLAN, points.picky, folder=finished)
    assert result.values == before
    assert result.reused == (12 if keep == -1 else 8)
    assert len(list((finished / "chunks").glob("*.damaged"))) == (keep != -1)


def test_a_flipped_bit_is_noticed(finished):
    victim = chunk_files(finished)[0]
    data = bytearray(victim.read_bytes())
    data[data.index(b'"value":') + 8] ^= 1
    victim.write_bytes(bytes(data))
    assert len(read_sweep(finished)) == 8


def test_a_retried_failure_does_not_hide_its_neighbours(tmp_path):
    """The failed points alone make a chunk with the same ends as the first one."""
    plan = grid({"a": [7, 8, 17]})
    run_sweep(plan, points.picky, folder=tmp_path / "s", chunk=3)
    run_sweep(plan, points.picky, folder=tmp_path / "s", chunk=3, retry_failed=True)
    assert read_sweep(tmp_path / "s").values == [None, 8, None]
    assert len(chunk_files(tmp_path / "s")) == 2
