package dev.holdfast.core.provider.shared;

import dev.holdfast.core.dialect.Continuity;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether a resumed body brings the rest of what was read before. Events are distinguished
 * by numbers or by the hashes of their ids. Keeps hashes of the last {@link #REMEMBERED}.
 */
public final class Resumption {
  static final int REMEMBERED = 64;

  private static final Continuity SHOWN = new Continuity.Shown();

  private final long[] keys = new long[REMEMBERED];
  private final long[] digests = new long[REMEMBERED];
  private int remembered;

  private boolean on;
  private boolean sawContent;
  private @Nullable String open;
  private @Nullable String broken;

  /** Whether an event came again, in any of the resumed bodies. */
  private boolean again;

  /** Another body brings the rest. */
  public void resumed() {
    on = true;
    open = null;
    broken = null;
  }

  /** {@return whether a body has been resumed} */
  public boolean isOn() {
    return on;
  }

  /** Records an event that was read. */
  public void remember(long key, long digest) {
    int at = remembered++ % REMEMBERED;
    if (remembered == 2 * REMEMBERED) {
      remembered = REMEMBERED;
    }
    keys[at] = key;
    digests[at] = digest;
  }

  /** {@return whether an event was read before, as far as that is remembered} */
  public boolean isKnown(long key) {
    return indexOf(key) >= 0;
  }

  /**
   * An event has come again: its content must be the same. Where a text repeats itself, the event
   * may be the next one with too low a number. So numbers prove nothing from then on.
   */
  public void repeated(long key, long digest) {
    again = true;
    int at = indexOf(key);
    if (at >= 0 && digests[at] != digest) {
      broke("an event that came again must be the same, was another");
    }
  }

  private int indexOf(long key) {
    int count = Math.min(remembered, REMEMBERED);
    for (int i = 0; i < count; i++) {
      if (keys[i] == key) {
        return i;
      }
    }
    return -1;
  }

  /** Events are missing before one, or it cannot be placed. */
  public void missed(String rule) {
    open = open == null ? rule : open;
  }

  /** {@return whether events are missing, or one could not be placed} */
  public boolean isOpen() {
    return open != null;
  }

  /** What comes is not the rest. */
  public void broke(String rule) {
    broken = broken == null ? rule : broken;
  }

  /** {@return whether it is known not to be the rest} */
  public boolean isBroken() {
    return broken != null;
  }

  /**
   * {@return whether content may be handed on: not after a gap} What may be is counted as proven by
   * numbers alone.
   */
  public boolean allowsContent() {
    if (!on) {
      return true;
    }
    if (broken == null && open != null) {
      broke(open);
    }
    sawContent |= broken == null;
    return broken == null;
  }

  /** {@return whether content of a resumed body was handed on} */
  public boolean sawContent() {
    return sawContent;
  }

  /**
   * {@return its current result}
   *
   * @param repeated whether the provider repeated all texts exactly
   * @param numbered whether events are counted
   */
  public Continuity continuity(boolean repeated, boolean numbered) {
    if (!on) {
      return SHOWN;
    }
    if (broken != null) {
      return new Continuity.Broken(broken);
    }
    if (repeated) {
      return SHOWN;
    }
    if (open != null) {
      return new Continuity.Open(open);
    }
    if (again) {
      return new Continuity.Open("an event came again, which may be the next one");
    }
    return numbered
        ? new Continuity.Numbered()
        : new Continuity.Open("numbers or a repeated text must show the rest, were missing");
  }
}
