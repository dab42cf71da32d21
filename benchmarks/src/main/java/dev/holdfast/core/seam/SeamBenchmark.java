package dev.holdfast.core.seam;

import dev.holdfast.core.stream.Rung;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a seam costs in an answer of 1 MiB: to find where to begin, and to decide. Goal: 50 us. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class SeamBenchmark {
  private static final int LENGTH = 1 << 20;
  private static final int PASSES = 2000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final String[] PROSE =
      ("the of and stream answer model token is a to in that it for with as retry connection network"
              + " proof keeps whole bytes frames client server can be or by this which one after")
          .split(" ");
  private static final String[] TICKS = {"tick", "tock"};

  /** What the answer is made of. */
  @Param({"prose", "ticks"})
  public String text = "";

  private final StringBuilder delivered = new StringBuilder();
  private TextIndex index = TextIndex.of("");
  private int start;
  private String asked = "";
  private String overlapping = "";

  /** Makes the answer and its continuations. */
  @Setup(Level.Trial)
  public void makeText() {
    Random random = new Random(20_261_120);
    String[] words = text.equals("prose") ? PROSE : TICKS;
    delivered.setLength(0);
    delivered.append("```text\n");
    while (delivered.length() < LENGTH) {
      delivered.append(words[random.nextInt(words.length)]);
      delivered.append(random.nextInt(12) == 0 ? ". " : " ");
    }
    delivered.setLength(LENGTH);
    index = TextIndex.of(delivered);
    int found = Evidence.startFor(delivered, index, Evidence.MIN_VISIBLE);
    // Of ticks no place is unlike the others: a continuation from a late one is refused.
    start = found < 0 ? LENGTH - 40 : found;
    asked = delivered.substring(start) + "ing on and on from here";
    overlapping = delivered.substring(start - 60) + "ing on and on from here";
  }

  /** {@return where a continuation is asked to begin} */
  @Benchmark
  public int findStart() {
    return Evidence.startFor(delivered, index, Evidence.MIN_ANCHOR);
  }

  /** {@return the seam with a continuation that begins where it was asked to} */
  @Benchmark
  public Object joinAsAsked() {
    return new Stitcher(delivered, index, Rung.PREFILL, start, 240).feed(asked);
  }

  /** {@return the seam with a continuation that begins earlier} */
  @Benchmark
  public Object joinOverlap() {
    return new Stitcher(delivered, index, Rung.PREFILL, start, 240).feed(overlapping);
  }

  /** {@return the seam with a continuation that opens a block of code before it repeats} */
  @Benchmark
  public Object joinBehindFence() {
    return new Stitcher(delivered, index, Rung.PREFILL, start, 240).feed("```java\n" + asked);
  }

  /** {@return the refusal of another text} */
  @Benchmark
  public Object refuseAnotherText() {
    return new Stitcher(delivered, index, Rung.PREFILL, start, 240)
        .feed("the bananas are berries in the botanical sense, whereas strawberries are not");
  }

  /** Prints the CPU time of each operation, which other load on the machine does not change. */
  public static void main(String[] args) {
    for (String text : List.of("prose", "ticks")) {
      SeamBenchmark seam = new SeamBenchmark();
      seam.text = text;
      seam.makeText();
      Map<String, Supplier<Object>> operations = new LinkedHashMap<>();
      operations.put("findStart", seam::findStart);
      operations.put("joinAsAsked", seam::joinAsAsked);
      operations.put("joinOverlap", seam::joinOverlap);
      operations.put("joinBehindFence", seam::joinBehindFence);
      operations.put("refuseAnotherText", seam::refuseAnotherText);
      operations.forEach((name, operation) ->
          System.out.printf("%-6s %-18s %6.2f us%n", text, name, median(operation)));
    }
  }

  private static double median(Supplier<Object> operation) {
    int hash = 0;
    for (int i = 0; i < 10 * PASSES; i++) {
      hash ^= operation.get().hashCode();
    }
    double[] rounds = new double[9];
    for (int round = 0; round < rounds.length; round++) {
      long before = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < PASSES; i++) {
        hash ^= operation.get().hashCode();
      }
      rounds[round] = (THREADS.getCurrentThreadCpuTime() - before) / 1e3 / PASSES;
    }
    Arrays.sort(rounds);
    return hash == 42 ? Double.NaN : rounds[rounds.length / 2];
  }
}
