package dev.holdfast.gateway.route;

/**
 * Hashes of 64 bits that are the same in every process. So a restart, or another gateway with the
 * same configuration, sends a session to the same upstream. They are no secret and keep none.
 */
public final class SessionHash {
  private static final long OFFSET = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private SessionHash() {}

  /** {@return the hash of a text} */
  public static long of(String text) {
    long hash = OFFSET;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * PRIME;
    }
    return mix(hash);
  }

  /** {@return the hash of some bytes, continuing another one} */
  public static long of(long hash, byte[] bytes, int from, int to) {
    long running = hash ^ OFFSET;
    for (int i = from; i < to; i++) {
      running = (running ^ (bytes[i] & 0xff)) * PRIME;
    }
    return mix(running);
  }

  /** {@return a number of which each bit depends on each bit of this one} (SplitMix64). */
  public static long mix(long bits) {
    long z = bits + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
