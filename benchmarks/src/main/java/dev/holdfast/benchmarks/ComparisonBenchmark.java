package dev.holdfast.benchmarks;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

/**
 * The tasks of {@link Ratios} under JMH, for its profilers: one pass over the body an operation.
 * Ratios between tasks are better taken from {@link Ratios}, whose tasks share a process.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class ComparisonBenchmark {
  /** A comparison and one of its tasks, by its place. */
  @Param({
    "framing-openai:0",
    "framing-openai:1",
    "framing-anthropic:0",
    "framing-anthropic:1",
    "text-openai:0",
    "text-openai:1",
    "text-openai:2",
    "text-anthropic:0",
    "text-anthropic:1",
    "text-responses:0",
    "text-responses:1",
    "text-gemini:0",
    "text-gemini:1",
    "text-cohere:0",
    "text-cohere:1",
    "text-ollama:0",
    "text-ollama:1",
    "text-bedrock:0",
    "text-bedrock:1",
    "big-event:0",
    "big-event:1"
  })
  public String task = "";

  private Task running = () -> new Task.Found(0, 0);

  /** Makes the body. */
  @Setup(Level.Trial)
  public void makeBody() {
    String[] parts = task.split(":", 2);
    Map<String, Task> tasks = Comparison.named(parts[0]).tasks();
    running = tasks.values().stream().skip(Long.parseLong(parts[1])).findFirst().orElseThrow();
  }

  /** {@return what a pass found} */
  @Benchmark
  public long pass() throws IOException {
    Task.Found found = running.pass();
    return found.events() ^ found.sum();
  }
}
