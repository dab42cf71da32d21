package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the shape of the last plain delta and where its text went, so that the next one of the
 * same shape needs no parsing. Gives up learning for a while where shapes never repeat.
 */
final class Shortcut {
  private static final int MAX_PAUSE = 64;

  private @Nullable Template template;
  private @Nullable Outlet outlet;
  private boolean on = true;
  private int misses;
  private int pause;

  /** Where the text of one choice and kind goes. */
  interface Outlet {
    /** Hands on a delta's text, which may be empty. */
    void text(String text, Consumer<? super StreamEvent> out);
  }

  /** {@return whether the frame fitted, and so was read} */
  boolean read(Frame frame, Consumer<? super StreamEvent> out) {
    var shape = template;
    var target = outlet;
    if (shape == null || target == null) {
      return false;
    }
    String text = shape.textOf(frame);
    if (text == null) {
      return false;
    }
    misses = 0;
    target.text(text, out);
    return true;
  }

  /**
   * Learns a frame that was read in full, and whose only effect was to hand its text to {@code
   * outlet}.
   *
   * @param text what the parser took the text to be
   */
  void learn(Frame frame, List<String> path, List<List<String>> free, String text, Outlet outlet) {
    if (!on || pause-- > 0) {
      return;
    }
    misses = Math.min(misses + 1, MAX_PAUSE);
    pause = misses > 4 ? misses : 0;
    var learned = Template.learn(frame, path, free);
    if (learned != null && text.equals(learned.textOf(frame))) {
      this.template = learned;
      this.outlet = outlet;
    }
  }

  /** Switches the shortcut off, so that tests can compare. */
  void switchOff() {
    on = false;
    template = null;
  }
}
