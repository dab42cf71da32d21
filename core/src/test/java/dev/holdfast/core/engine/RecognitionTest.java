package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that names itself is continued by its own rungs. */
class RecognitionTest {
  private static final String TEXT = "Once upon a time there was a small stream that ran down";

  @ParameterizedTest
  @CsvSource({
    "openai-chat, continue_final_message, llama.cpp",
    "openai-responses, continue_final_message, llama.cpp",
    "anthropic-messages, '', llama.cpp",
  })
  void theHeadNamesIt(String dialect, String member, String profile) {
    var driven = cut(dialect, "llama.cpp", "", Profiles.DEFAULT);
    assertThat(driven.requests.getLast()).contains(member).doesNotContain("«");
    driven.signal(new Signal.Cancelled());
    assertThat(driven.ending().attempts().getFirst().profile()).isEqualTo(profile);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'choices':[],'prompt_token_ids':null                                      | vllm",
        "'choices':[{'index':0,'delta':{'content':''},'matched_stop':null}]        | sglang",
        "'system_fingerprint':'fp_ollama','choices':[{'index':0,'delta':{}}]       | ollama",
        "'system_fingerprint':'b6407-5b4ebc5','choices':[{'index':0,'delta':{}}]   | llama.cpp",
        "'choices':[{'index':0,'delta':{'content':'\\\"matched_stop\\\":'}}]       | ~~",
        "'choices':[{'index':0,'delta':{}}]                                        | ~~",
      })
  void theFirstEventsNameIt(String members, String profile) {
    var driven = cut("openai-chat", "uvicorn", members.replace('\'', '"'), Profiles.DEFAULT);
    driven.signal(new Signal.Cancelled());
    assertThat(driven.ending().attempts().getFirst().profile()).isEqualTo(profile);
  }

  @Test
  void vllmIsAskedForItsTokens() {
    var driven =
        cut("openai-chat", "uvicorn", "\"choices\":[],\"prompt_token_ids\":null", Profiles.DEFAULT);
    assertThat(driven.calls.getLast().path()).isEqualTo("/tokenize");
  }

  @Test
  void whatTheOperatorDecidedStays() {
    var driven = cut("openai-chat", "llama.cpp", "", null);
    assertThat(driven.requests.getLast()).contains("«");
    driven.signal(new Signal.Cancelled());
    assertThat(driven.ending().attempts().getFirst().profile()).isEmpty();
  }

  private static Driven cut(
      String dialect, String server, String members, @Nullable Profiles known) {
    var wire = new SpokenEvents(dialect);
    var spoken = Dialects.chat(dialect);
    var capability = Profiles.DEFAULT.find(dialect, "localhost", "m").capability();
    var driven =
        new Driven(
            new StreamPlan(
                List.of(
                    new UpstreamPlan(
                        "u", spoken, wire.request(4000, ""), capability, KeptAddress.QUERY, known)),
                StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    driven.signal(
        new Signal.HeadersArrived(
            driven.attempt, new ResponseHead(200, Map.of("Server", List.of(server))), 0));
    driven.bytes(wire.head());
    if (!members.isEmpty()) {
      driven.bytes("data: {" + members + "}\n\n");
    }
    driven.bytes(wire.token(TEXT));
    return driven.fail(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
  }
}
