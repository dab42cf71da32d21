package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.StreamEvent;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Caches the shapes of the last few plain deltas and their texts' outlets. So the next one of such
 * a shape needs no parsing. Gives up learning for a while where shapes never repeat.
 */
public final class DeltaFastPath {
  /** Two choices that take turns need two shapes; more than a few cost more than they save. */
  private static final int SHAPES = 4;

  /** How many frames may be learned without effect before learning pauses. */
  private static final int PATIENCE = 8;

  private static final int MAX_PAUSE = 64;

  private final @Nullable Template[] templates = new Template[SHAPES];
  private final @Nullable Outlet[] outlets = new Outlet[SHAPES];
  private boolean on = true;
  private int latest;
  private int misses;
  private int pause;

  /** Where the text of one choice and kind goes. */
  public interface Outlet {
    /**
     * Hands on a delta's text, which may be empty.
     *
     * @param number the free number of its frame; -1 if that has none
     */
    void text(String text, long number, Consumer<? super StreamEvent> out);
  }

  /**
   * What a reader makes of a frame whose only effect was to hand on one text.
   *
   * @param path where that was: member names from the root, {@code *} for any array element
   * @param free where strings are that no reader needs
   * @param number where a number is that changes from frame to frame; empty for none
   * @param text what the parser took the text to be
   * @param outlet where it goes
   */
  public record Shape(
      List<String> path, List<List<String>> free, List<String> number, String text, Outlet outlet) {
    /** A shape without such strings and numbers. */
    public Shape(List<String> path, String text, Outlet outlet) {
      this(path, List.of(), List.of(), text, outlet);
    }
  }

  /** {@return whether the frame fitted, and so was read} */
  public boolean read(Frame frame, Consumer<? super StreamEvent> out) {
    for (int i = 0; i < SHAPES; i++) {
      int slot = (latest + i) % SHAPES;
      var shape = templates[slot];
      var outlet = outlets[slot];
      if (shape == null || outlet == null) {
        continue;
      }
      String text = shape.textOf(frame);
      if (text != null) {
        latest = slot;
        misses = 0;
        outlet.text(text, shape.number(), out);
        return true;
      }
    }
    return false;
  }

  /** Learns a frame that was read in full. */
  public void learn(Frame frame, Shape shape) {
    if (!on || pause-- > 0) {
      return;
    }
    misses = Math.min(misses + 1, MAX_PAUSE);
    pause = misses > PATIENCE ? misses : 0;
    var learned = Template.learn(frame, shape.path(), shape.free(), shape.number());
    if (learned != null && shape.text().equals(learned.textOf(frame))) {
      // The slot before the latest is the one that would be tried last.
      latest = (latest + SHAPES - 1) % SHAPES;
      templates[latest] = learned;
      outlets[latest] = shape.outlet();
    }
  }

  /** Drops all shapes, because what their frames mean depends on frames that came since. */
  public void forget() {
    Arrays.fill(templates, null);
  }

  /** Switches the shortcut off, so that tests can compare. */
  public void switchOff() {
    on = false;
  }
}
