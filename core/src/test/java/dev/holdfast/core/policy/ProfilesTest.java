package dev.holdfast.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of providers, and its format. */
class ProfilesTest {
  @ParameterizedTest
  @CsvSource({
    "openai-chat, openrouter.ai, openrouter",
    "openai-chat, api.x.ai, xai",
    "openai-chat, max.ai, chat",
    "openai-chat, api.groq.com, groq",
    "openai-chat, api.together.xyz, together",
    "openai-chat, api.fireworks.ai, fireworks",
    "openai-chat, api.perplexity.ai, perplexity",
    "openai-chat, open.bigmodel.cn, glm",
    "openai-chat, api.z.ai, glm",
    "openai-chat, api.minimax.io, minimax",
    "openai-chat, api.venice.ai, venice",
    "openai-chat, api.githubcopilot.com, copilot",
    "openai-chat, me.openai.azure.com, azure",
    "openai-responses, me.openai.azure.com, azure",
    "openai-chat, localhost, chat",
    "gemini-sse, generativelanguage.googleapis.com, gemini",
    "ollama-chat, localhost, ollama",
    "morse, localhost, none"
  })
  void aProviderIsKnownByItsHost(String protocol, String host, String name) {
    assertThat(Profiles.DEFAULT.find(protocol, host, "m").name()).isEqualTo(name);
  }

  @Test
  void serversOfOnesOwnAreKnownByName() {
    assertThat(Profiles.DEFAULT.named("vllm").capability().rungs())
        .containsExactly(Rung.TOKEN_IDS, Rung.CONTINUE, Rung.ANCHOR, Rung.REPLAY);
    assertThat(Profiles.DEFAULT.named("llama.cpp").capability().rungs())
        .containsExactly(Rung.CURSOR, Rung.CONTINUE, Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY);
    assertThatThrownBy(() -> Profiles.DEFAULT.named("abacus"))
        .hasMessageStartingWith("profile: must be one of claude-prefill, ")
        .hasMessageEndingWith(", was 'abacus'");
  }

  @Test
  void deepSeekTakesPrefillsElsewhere() {
    var deepSeek = Profiles.DEFAULT.find("openai-chat", "api.deepseek.com", "deepseek-chat");
    assertThat(deepSeek.capability().prefill()).isEqualTo(Prefill.PREFIX_TRUE);
    assertThat(deepSeek.capability().prefillPath()).isEqualTo("/beta/chat/completions");
    assertThat(deepSeek.applyTo(StreamPolicy.DEFAULT).timeouts().idle())
        .isEqualTo(Duration.ofSeconds(75));
  }

  @Test
  void rowsOfOnesOwnComeFirst() {
    var profiles =
        Profiles.DEFAULT.after(
            Profiles.parse(
                """
                # ours
                mine openai-chat *.example.com big* rungs=token-ids completion=done-marker key=x-key # fast
                """));
    var mine = profiles.find("openai-chat", "LLM.example.com", "org/Big-1");
    assertThat(mine.capability().rungs()).containsExactly(Rung.TOKEN_IDS);
    assertThat(mine.completion()).isEqualTo(CompletionPolicy.DONE_MARKER);
    assertThat(mine.keyHeader()).isEqualTo("x-key");
    assertThat(mine.idle()).isNull();
    assertThat(profiles.find("openai-chat", "llm.example.com", "small").name()).isEqualTo("chat");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a b c                        | line 1: must have name, protocol, host and model, was 3 columns
          a b c d rungs=leap           | line 1: must be one of cursor, token-ids, continue, prefill, anchor, replay, refuse, was leap
          a b c d prefill=none         | line 1: must be one of plain, prefix-true, partial-true, was none
          a b c d idle=75              | line 1: idle must be seconds, as in 75s, was 75
          a b ~( d                     | line 1: must be a pattern, was not: Unclosed group
          a b c d colour=red           | line 1: must be rungs, prefill, prefill-path, completion, idle, key or count, was colour
          """)
  void aRowThatCannotBeIsNamed(String row, String message) {
    assertThatThrownBy(() -> Profiles.parse(row))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
