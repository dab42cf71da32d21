package dev.holdfast.journal.log;

/**
 * A place in a file where something is wrong.
 *
 * @param file its path in the journal
 * @param position the byte
 * @param what is wrong
 */
public record Damage(String file, long position, String what) {
  @Override
  public String toString() {
    return file + ": byte " + position + ": " + what;
  }
}
