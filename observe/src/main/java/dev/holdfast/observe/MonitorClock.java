package dev.holdfast.observe;

/** Time as a monitor needs it; tests bring their own. */
interface MonitorClock {
  /** {@return nanoseconds since the clock was made, never negative, never going back} */
  long nanoTime();

  /** {@return wall-clock time in milliseconds since 1970} */
  long epochMillis();

  /** {@return the machine's own time} */
  static MonitorClock system() {
    long origin = System.nanoTime();
    return new MonitorClock() {
      @Override
      public long nanoTime() {
        return System.nanoTime() - origin;
      }

      @Override
      public long epochMillis() {
        return System.currentTimeMillis();
      }
    };
  }
}
