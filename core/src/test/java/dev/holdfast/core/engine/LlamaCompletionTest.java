package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** llama.cpp's native completions: requests, and answers that go on. */
class LlamaCompletionTest {
  private static final String TEXT = " a time there was a small stream that ran down the hill";

  @Test
  void aPromptIsContinuedByTheDeliveredText() {
    var driven = begun("{\"prompt\":\"Once upon\",\"n_predict\":40,\"temperature\":0}");
    int count = 0;
    for (String word : TEXT.split("(?= )", -1)) {
      driven.bytes(token(word, count += 3));
    }
    driven.fail(Failure.retryable(Cause.CONNECTION_LOST, "reset")).head(200);
    String request = driven.requests.getLast();
    int start = TEXT.length();
    while (!request.contains("Once upon" + TEXT.substring(0, start) + "\"")) {
      start--;
    }
    assertThat(request).doesNotContain("\"n_predict\":40");

    driven.bytes(token(TEXT.substring(start) + " to the sea.", 9)).bytes(end("eos")).end();

    assertThat(driven.text.toString()).isEqualTo(TEXT + " to the sea.");
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.STOP);
    assertThat(driven.ending().warnings()).isEmpty();
  }

  /** What is told with each event proves that nothing is left to ask for. */
  @Test
  void anAnswerThatReportedAsManyTokensAsItsLimitIsComplete() {
    var driven = begun("{\"prompt\":\"Once upon\",\"n_predict\":9}");
    driven.bytes(token(TEXT, 9)).fail(Failure.retryable(Cause.CONNECTION_LOST, "reset"));

    assertThat(driven.calls).hasSize(1);
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().finishes().values())
        .extracting(Finish::reason)
        .containsExactly(Finish.Reason.LENGTH);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt':[1,2,3]}                        | 1",
        "{'prompt':['a',2]}                        | 1",
        "{'prompt':['a','b']}                      | 2",
        "{'prompt':'a','n_cmpl':3}                 | 3",
        "{'prompt':{'prompt_string':'a'}}          | 1"
      })
  void promptsAreCounted(String body, int choices) {
    assertThat(Dialects.chat("llama-completion").facts(body.replace('\'', '"')).choices())
        .isEqualTo(choices);
  }

  @Test
  void aConversationIsRefused() {
    var dialect = Dialects.chat("llama-completion");
    var one = ChatRequest.to("m").user("Hi").maxTokens(5).build();
    assertThat(dialect.body(one))
        .isEqualTo("{\"model\":\"m\",\"prompt\":\"Hi\",\"n_predict\":5,\"stream\":true}");
    assertThat(dialect.call(dialect.body(one)).path()).isEqualTo("/completion");
    var two = ChatRequest.to("m").user("Hi").assistant("Yes").user("Go").build();
    assertThatThrownBy(() -> dialect.body(two))
        .hasMessageContaining("must be one message of the user in llama-completion");
  }

  private static Driven begun(String body) {
    var dialect = Dialects.chat("llama-completion");
    var capability = Profiles.DEFAULT.find(dialect.id(), "localhost", "").capability();
    var driven =
        new Driven(
            new StreamPlan(dialect, dialect.streaming(body), capability, StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    return driven.head(200);
  }

  private static String token(String text, int count) {
    return "data: {\"index\":0,\"content\":\"%s\",\"stop\":false,\"tokens_predicted\":%d}\n\n"
        .formatted(text, count);
  }

  private static String end(String type) {
    return "data: {\"index\":0,\"content\":\"\",\"stop\":true,\"stop_type\":\"%s\"}\n\n"
        .formatted(type);
  }
}
