/**
 * How the gateway's memory may grow, as flags of Node: in small steps and with a small young generation. `--optimize-for-size` would take
 * another 15 MB off ten thousand points and double what they cost of a processor. Benches that speak of the gateway start it with the same.
 */
export const gatewayHeap = ['--max-semi-space-size=4', '--heap-growing-percent=20']

/** For the C library (glibc; others take no notice). Freed memory is given back at once: a password hash takes 19 MiB for a moment. */
export const gatewayMalloc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' }
