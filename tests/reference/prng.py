"""xoshiro128** and SplitMix64 in Python integers, for tests/prng_test.ts.

Checked here against the published values of both, then printed for the seeds of the test.

    python3 tests/reference/prng.py
"""

M32, M64 = 2**32 - 1, 2**64 - 1


def splitmix64(state):
    z = (state + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def rotl(x, k):
    return ((x << k) | (x >> (32 - k))) & M32


def xoshiro128(s, count):
    s, out = list(s), []
    for _ in range(count):
        out.append(rotl(s[1] * 5 & M32, 7) * 9 & M32)
        t = s[1] << 9 & M32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)
    return out


def seeded(seed, path, count):
    state = 0
    for value in [seed, *path]:
        state = (splitmix64(state) + value) & M64
    low, high = splitmix64(state), splitmix64((state + 0x9E3779B97F4A7C15) & M64)
    return xoshiro128([low & M32, low >> 32, high & M32, high >> 32], count)


# The values of the authors' C programs: rand_xoshiro's test, and Rosetta Code's for SplitMix64.
assert xoshiro128([1, 2, 3, 4], 4) == [11520, 0, 5927040, 70819200]
assert splitmix64(1234567) == 6457827717110365317
if __name__ == "__main__":
    for seed, path in [(0, []), (42, [2, 7]), (-5, []), (2**53 - 1, [1])]:
        print(seed, path, seeded(seed, path, 4))
