package dev.holdfast.core.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.stream.Rung;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the default table says about models. */
class CapabilitiesTest {
  @ParameterizedTest(name = "{2} at {1}")
  @CsvSource({
    "anthropic-messages, api.anthropic.com, claude-3-5-sonnet-20241022, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-3-haiku-20240307, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-3-7-sonnet-latest, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-2.1, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-instant-1.2, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-sonnet-4-20250514, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-opus-4-1-20250805, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-sonnet-4-0, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-opus-4, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-haiku-4-5-20251001, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-sonnet-4-5, PREFILL, PLAIN",
    "anthropic-messages, openrouter.ai, anthropic/claude-sonnet-4.5, PREFILL, PLAIN",
    "anthropic-messages, gw, us.anthropic.claude-sonnet-4-5-20250929-v1:0, PREFILL, PLAIN",
    "anthropic-messages, gw, claude-sonnet-4@20250514, PREFILL, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-opus-4-6, ANCHOR, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-sonnet-4-6-20260201, ANCHOR, PLAIN",
    "anthropic-messages, openrouter.ai, anthropic/claude-opus-4.6, ANCHOR, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-opus-4-10, ANCHOR, PLAIN",
    "anthropic-messages, api.anthropic.com, claude-opus-5, ANCHOR, PLAIN",
    "anthropic-messages, gw, somebody-elses-model, ANCHOR, PLAIN",
    "openai-chat, api.deepseek.com, deepseek-chat, PREFILL, PREFIX_TRUE",
    "openai-chat, api.mistral.ai, mistral-large-latest, PREFILL, PREFIX_TRUE",
    "openai-chat, api.moonshot.cn, kimi-k2, PREFILL, PARTIAL_TRUE",
    "openai-chat, API.Moonshot.ai, kimi-k2, PREFILL, PARTIAL_TRUE",
    "openai-chat, dashscope-intl.aliyuncs.com, qwen-plus, PREFILL, PARTIAL_TRUE",
    "openai-chat, api.openai.com, gpt-4.1, ANCHOR, PLAIN",
    "openai-chat, notdeepseek.com, deepseek-chat, ANCHOR, PLAIN",
    "openai-chat, openrouter.ai, mistralai/mistral-large, ANCHOR, PLAIN",
    "openai-chat, localhost, '', ANCHOR, PLAIN",
  })
  void theFirstRung(String dialect, String host, String model, Rung first, Prefill prefill) {
    var capability = Capabilities.forModel(dialect, host, model);
    assertThat(capability.rungs().getFirst()).isEqualTo(first);
    assertThat(capability.prefill()).isEqualTo(prefill);
  }

  @Test
  void everyLowerRungFollows() {
    assertThat(Capabilities.forModel("openai-chat", "api.deepseek.com", "x").rungs())
        .containsExactly(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY);
    assertThat(Capabilities.forModel("openai-chat", "api.openai.com", "x").rungs())
        .containsExactly(Rung.ANCHOR, Rung.REPLAY);
  }

  @Test
  void anUnknownProtocolHasNoRung() {
    assertThat(Capabilities.forModel("morse", "h", "m").rungs()).isEmpty();
  }
}
