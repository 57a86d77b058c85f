"""What stands beside the figures: a machine that drifted, told once, by all that was seen of it."""

from engine.compare.machine import DRIFT_ROUNDS, Machine

STEADY, SLOWER = [10.0, 10.1, 9.9], [12.0, 12.1, 11.9]


def test_a_drift_is_told_by_all_rounds_and_taken_back_with_them() -> None:
    machine = Machine()
    machine.look_for_drift(1, [STEADY] * 3 + [SLOWER] * (DRIFT_ROUNDS - 4))
    assert (machine.state, machine.doubts) == ("quiet", ())  # a moment is none

    slowing = [STEADY] * (DRIFT_ROUNDS // 2) + [SLOWER] * (DRIFT_ROUNDS // 2)
    machine.look_for_drift(1, slowing)
    assert machine.state == "drifting"
    assert [doubt for doubt in machine.doubts if "20 % slower" in doubt] == list(machine.doubts)

    machine.look_for_drift(8, slowing)
    machine.look_for_drift(1, slowing + [STEADY] * DRIFT_ROUNDS)
    assert machine.state == "drifting"  # of the other size of batch
    machine.look_for_drift(8, [STEADY] * DRIFT_ROUNDS)
    assert (machine.state, machine.doubts) == ("quiet", ())


def test_load_weighs_more_than_drift() -> None:
    machine = Machine()
    machine.look_for_drift(1, [STEADY] * DRIFT_ROUNDS + [SLOWER] * DRIFT_ROUNDS)
    machine.busy(0.1)
    assert machine.state == "drifting"
    machine.busy(0.6)
    assert machine.state == "loaded"
    assert len(machine.doubts) == 2
