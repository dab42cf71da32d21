package dev.holdfast.journal.log;

import java.io.IOException;

/** What is stored is not what was written. */
public final class DamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedException(Damage damage) {
    super(damage.toString());
  }
}
