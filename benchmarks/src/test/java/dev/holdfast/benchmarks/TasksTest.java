package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.benchmarks.corpus.Corpora;
import dev.holdfast.core.provider.Dialects;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Peers are compared only if they do the same work. */
final class TasksTest {
  private static final int BODY = 1 << 18;
  private static final int READ = 1 << 10;

  @Test
  void allReadersFindTheSameInChatChunks() throws IOException {
    byte[] body = Corpora.openAiChat(BODY);
    assertThat(OkHttpTasks.framing(body).pass())
        .isEqualTo(HoldfastTasks.framing(body, READ).pass());
    Task.Found text = HoldfastTasks.text(body, READ, Dialects.byId("openai-chat")).pass();
    assertThat(OkHttpTasks.text(body, JacksonDeltas.openAiChat()).pass()).isEqualTo(text);
    assertThat(new OpenAiTypedTask(body, READ).pass()).isEqualTo(text);
    assertThat(body.length / text.events()).isBetween(320L, 330L);
  }

  @Test
  void allReadersFindTheSameInAnthropicEvents() throws IOException {
    byte[] body = Corpora.anthropicMessages(BODY);
    assertThat(OkHttpTasks.framing(body).pass())
        .isEqualTo(HoldfastTasks.framing(body, READ).pass());
    Task.Found text = HoldfastTasks.text(body, READ, Dialects.byId("anthropic-messages")).pass();
    assertThat(OkHttpTasks.text(body, JacksonDeltas.anthropicMessages()).pass()).isEqualTo(text);
    assertThat(body.length / text.events()).isBetween(125L, 135L);
  }

  @Test
  void allReadersFindTheSameInTheOtherProtocols() throws IOException {
    for (String name : Comparison.names()) {
      boolean isCovered = name.equals("text-openai") || name.equals("text-anthropic");
      if (name.startsWith("text-") && !isCovered) {
        Comparison comparison = Comparison.named(name, BODY);
        Task.Found[] found = new Task.Found[comparison.tasks().size()];
        int at = 0;
        for (Task task : comparison.tasks().values()) {
          found[at++] = task.pass();
        }
        assertThat(found).as(name).hasSizeGreaterThan(1).containsOnly(found[0]);
        assertThat(found[0].events()).as(name).isGreaterThan(400);
      }
    }
  }

  @Test
  void aBigEventIsOneEvent() throws IOException {
    byte[] body = Corpora.bigEvent(BODY);
    assertThat(HoldfastTasks.framing(body, READ).pass().events()).isEqualTo(1);
  }
}
