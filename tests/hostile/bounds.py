"""What every behaviour has to keep, whoever asks."""

MARGIN = 0.25  # seconds by which a run may overstay its timeout
CPU_LIMIT = 0.5  # seconds
WAITING_LIMIT = 0.1  # seconds of processor time, for whoever only waits
MEMORY_LIMIT = 32 * 1024  # KiB
