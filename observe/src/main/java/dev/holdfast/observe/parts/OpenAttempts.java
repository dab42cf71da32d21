package dev.holdfast.observe.parts;

import org.jspecify.annotations.Nullable;

/**
 * Which of a stream's attempts is the one that answers: the last one that was opened or sent data.
 * Two are open at a time while a hedge runs, never more. Not thread-safe.
 *
 * @param <T> what is kept of an attempt
 */
public final class OpenAttempts<T> {
  private T current;
  private int currentNumber;
  private boolean currentOpen;

  /** The other open one; null if there is none. */
  private @Nullable T other;

  private int otherNumber;

  /**
   * None is open yet.
   *
   * @param first the value until there is an attempt
   */
  public OpenAttempts(T first) {
    current = first;
  }

  /**
   * Records that an attempt was opened: it counts as the one that answers until another sends data.
   */
  public void opened(int number, T attempt) {
    other = currentOpen ? current : null;
    otherNumber = currentOpen ? currentNumber : 0;
    current = attempt;
    currentNumber = number;
    currentOpen = true;
  }

  /**
   * {@return the attempt that bytes came from, if it is open, which now is the one that answers}
   */
  public T received(int number) {
    if (number == otherNumber && other != null) {
      T silent = current;
      current = other;
      other = silent;
      otherNumber = currentNumber;
      currentNumber = number;
    }
    return current;
  }

  /** {@return the attempt that is over} If it is the last one open, it remains current. */
  public T closed(int number) {
    T over = current;
    if (other != null && number == otherNumber) {
      over = other;
      other = null;
    } else if (other != null && number == currentNumber) {
      current = other;
      currentNumber = otherNumber;
      other = null;
    } else {
      currentOpen = false;
    }
    return over;
  }

  /** {@return the attempt that answers, or did last} */
  public T current() {
    return current;
  }
}
