package dev.holdfast.core.provider.shared;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
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
  private final @Nullable Shape[] shapes = new Shape[SHAPES];
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

  /** How a reader takes the tokens from the counts of a usage. */
  @FunctionalInterface
  public interface UsageReading {
    /** {@return the report; its raw value is that of the counts} */
    TokenUsage of(UsageCounts counts);
  }

  /**
   * A usage beside the text, whose numbers change from frame to frame.
   *
   * @param path where it is: member names from the root
   * @param isFirst whether it is handed on before the text
   * @param expected what the parser took it to be
   * @param reading how it is read
   */
  public record Usage(
      List<String> path, boolean isFirst, TokenUsage expected, UsageReading reading) {}

  /**
   * What a reader makes of a frame whose only effect was to hand on one text, and perhaps a usage.
   *
   * @param path where the text was: member names from the root, {@code *} for any array element
   * @param free where strings are that no reader needs
   * @param number where a number is that changes from frame to frame; empty for none
   * @param usage the usage; null for none
   * @param text what the parser took the text to be
   * @param outlet where it goes
   */
  public record Shape(
      List<String> path,
      List<List<String>> free,
      List<String> number,
      @Nullable Usage usage,
      String text,
      Outlet outlet) {
    /** A shape without a usage. */
    public Shape(
        List<String> path,
        List<List<String>> free,
        List<String> number,
        String text,
        Outlet outlet) {
      this(path, free, number, null, text, outlet);
    }

    /** A shape without such strings and numbers. */
    public Shape(List<String> path, String text, Outlet outlet) {
      this(path, List.of(), List.of(), text, outlet);
    }

    /** {@return the same shape with a usage beside the text; null for none} */
    public Shape with(@Nullable Usage usage) {
      return new Shape(path, free, number, usage, text, outlet);
    }
  }

  /** {@return whether the frame fitted, and so was read} */
  public boolean read(Frame frame, Consumer<? super StreamEvent> out) {
    for (int i = 0; i < SHAPES; i++) {
      int slot = (latest + i) % SHAPES;
      var template = templates[slot];
      var shape = shapes[slot];
      if (template == null || shape == null) {
        continue;
      }
      String text = template.textOf(frame);
      if (text != null) {
        latest = slot;
        misses = 0;
        hand(template, shape, text, out);
        return true;
      }
    }
    return false;
  }

  private static void hand(
      Template template, Shape shape, String text, Consumer<? super StreamEvent> out) {
    var usage = shape.usage();
    if (usage == null) {
      shape.outlet().text(text, template.number(), out);
      return;
    }
    var report = new StreamEvent.Usage(usage.reading().of(template.counts()));
    if (usage.isFirst()) {
      out.accept(report);
    }
    shape.outlet().text(text, template.number(), out);
    if (!usage.isFirst()) {
      out.accept(report);
    }
  }

  /** Learns a frame that was read in full. */
  public void learn(Frame frame, Shape shape) {
    if (!on || pause-- > 0) {
      return;
    }
    misses = Math.min(misses + 1, MAX_PAUSE);
    pause = misses > PATIENCE ? misses : 0;
    var learned = Template.learn(frame, shape);
    if (learned != null && shape.text().equals(learned.textOf(frame)) && isRead(shape, learned)) {
      // The slot before the latest is the one that would be tried last.
      latest = (latest + SHAPES - 1) % SHAPES;
      templates[latest] = learned;
      shapes[latest] = shape;
    }
  }

  /** {@return whether the usage in the frame that fitted is read as the parser read it} */
  private static boolean isRead(Shape shape, Template learned) {
    var usage = shape.usage();
    return usage == null || usage.expected().equals(usage.reading().of(learned.counts()));
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
