package dev.holdfast.core.provider.shared;

import java.util.HashSet;
import java.util.Set;

/** Which blocks of a message began, and which of them have not ended. Keeps a bounded number. */
public final class OpenBlocks {
  private static final int MAX_BLOCKS = 4096;

  private final Set<String> opened = new HashSet<>();
  private final Set<String> open = new HashSet<>();
  private boolean full;

  public void open(String index) {
    full |= opened.size() == MAX_BLOCKS || index.length() > ToolCalls.MAX_NAME;
    if (!full) {
      opened.add(index);
      open.add(index);
    }
  }

  public void close(String index) {
    open.remove(index);
  }

  /** {@return whether a block began and has not ended, or that is unknown} */
  public boolean isOpen(String index) {
    return full || open.contains(index);
  }

  /** {@return whether a block ever began, or that is unknown} */
  public boolean wasOpened(String index) {
    return full || opened.contains(index);
  }
}
