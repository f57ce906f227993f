"""Every fault by name, in the order of the catalogue: t… transport, j… JSON, p… protocol, d… data."""

from sync.simulator import data_faults, encoding_faults, envelope_faults, transport_faults
from sync.simulator.exchange import Fault

FAULTS: dict[str, Fault] = {
    **transport_faults.FAULTS,
    **encoding_faults.FAULTS,
    **envelope_faults.FAULTS,
    **data_faults.FAULTS,
}
