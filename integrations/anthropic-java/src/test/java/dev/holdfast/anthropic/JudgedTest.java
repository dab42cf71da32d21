package dev.holdfast.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.ObjectMappers;
import com.anthropic.core.Timeout;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.ClientOutput;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.Task;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** anthropic-java with {@link HoldfastAnthropicInterceptor}, in all cases of the judge. */
@Tag("slow")
@EnabledIfSystemProperty(
    named = "holdfast.long",
    matches = "true",
    disabledReason =
        "a minute or two of trials: ./mvnw -Plong runs them, as continuous integration does")
class JudgedTest {
  @Test
  void isSound(TestReporter reporter) throws Exception {
    var judgement =
        Judge.of("anthropic-java", Protocol.ANTHROPIC_MESSAGES, JudgedTest::ask)
            .lanes(16)
            .limit(Duration.ofSeconds(40))
            .patience(Duration.ofSeconds(3))
            .judge();
    reporter.publishEntry(
        "anthropic-java",
        judgement.passed()
            + " of "
            + judgement.rulings().size()
            + " passed, "
            + judgement.recovered()
            + " recovered");
    judgement.assertSound();
    assertThat(judgement.recovered()).isGreaterThan(35);
  }

  private static void ask(Task task, ClientOutput output) throws Exception {
    Duration patience = task.patience();
    var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
    var relay = StreamRelay.builder().policy(StreamPolicy.DEFAULT.withTimeouts(clocks)).build();
    var client =
        AnthropicOkHttpClient.builder()
            .baseUrl(task.baseUrl().toString())
            .apiKey("none")
            .timeout(
                Timeout.builder()
                    .connect(patience)
                    .read(patience)
                    .request(Duration.ofMinutes(10))
                    .build())
            .addInterceptor(HoldfastAnthropicInterceptor.create(relay))
            .build();
    var params =
        MessageCreateParams.builder()
            .model("judged")
            .maxTokens(4096)
            .addUserMessage(task.prompt())
            .build();
    var cancelled = new AtomicBoolean();
    try (var stream = client.messages().createStreaming(params)) {
      var whole = MessageAccumulator.create();
      var shown = new int[1];
      stream.stream()
          .forEach(event -> {
            whole.accumulate(event);
            event
                .contentBlockDelta()
                .flatMap(delta -> delta.delta().text())
                .filter(delta -> !cancelled.get())
                .ifPresent(delta -> {
                  output.text(delta.text());
                  shown[0] += delta.text().length();
                  if (task.cancelAfter() > 0 && shown[0] >= task.cancelAfter()) {
                    cancelled.set(true);
                    Thread.ofPlatform().daemon().start(stream::close);
                  }
                });
          });
      if (!cancelled.get()) {
        report(whole, output);
      }
    } catch (RuntimeException e) {
      if (!cancelled.get()) {
        throw e;
      }
    } finally {
      client.close();
    }
    if (cancelled.get()) {
      output.cancelled();
    }
  }

  private static void report(MessageAccumulator whole, ClientOutput output) throws Exception {
    for (var block : whole.message().content()) {
      if (block.isToolUse()) {
        var use = block.asToolUse();
        output.tool(
            ObjectMappers.jsonMapper()
                .writeValueAsString(Map.of("name", use.name(), "arguments", use._input())));
      }
    }
  }
}
