package dev.holdfast.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The host's retries and ours never multiply: requests are counted where they arrive. */
@Tag("slow")
class RetriesTest {
  private static final int RETRIES = 1;

  private static FaultServer server(String first, String others) {
    var attempts = new String[20];
    Arrays.fill(attempts, others);
    attempts[0] = first;
    return FaultServer.builder()
        .answer(Answer.ofText(WholeStreamsTest.STORY))
        .script(Script.of(attempts))
        .start();
  }

  private static int requests(Hosts host, String first, String others, int retries)
      throws Exception {
    try (var server = server(first, others)) {
      var ended = host.start(server, () -> {}, retries).ended();
      boolean failed = ended.handle((unused, thrown) -> thrown != null).get(120, TimeUnit.SECONDS);
      assertThat(failed).isTrue();
      return server.received().size();
    }
  }

  static Stream<Arguments> refusals() {
    return Arrays.stream(Hosts.values())
        .flatMap(host ->
            Stream.of("status@code=429,retry-after=1ms", "status@code=503,retry-after=1ms")
                .map(fault -> Arguments.of(host, fault)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aRefusalOfTheFirstRequestIsTheHostsToRetry(Hosts host, String fault) throws Exception {
    int expected = host == Hosts.OKHTTP ? 1 : 1 + RETRIES;
    assertThat(requests(host, fault, fault, RETRIES)).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Hosts.class)
  void aConnectionThatBreaksBeforeAnythingIsTheHostsToRetry(Hosts host) throws Exception {
    assertThat(requests(host, "cut-head@bytes=20", "cut-head@bytes=20", RETRIES))
        .isBetween(1, 1 + RETRIES);
  }

  @ParameterizedTest
  @EnumSource(Hosts.class)
  void aRefusalOfAContinuationIsOurs(Hosts host) throws Exception {
    String refusal = "status@code=503";
    int alone = requests(host, "cut-fin@token=12", refusal, 0);
    assertThat(alone).isBetween(2, 4);
    assertThat(requests(host, "cut-fin@token=12", refusal, RETRIES)).isEqualTo(alone);
  }

  private static String read(OkHttpClient client, FaultServer server, RequestBody body)
      throws Exception {
    var request = new Request.Builder().url(server.baseUrl() + "/chat/completions").post(body);
    try (var response = client.newCall(request.build()).execute()) {
      return Objects.requireNonNull(response.body()).string();
    } finally {
      client.connectionPool().evictAll();
    }
  }

  private static RequestBody chat() {
    return RequestBody.create(
        "{\"model\":\"gpt-4.1\",\"stream\":true,\"messages\":"
            + "[{\"role\":\"user\",\"content\":\"Tell me about the harbour.\"}]}",
        MediaType.get("application/json"));
  }

  /** As hosts add: three tries, without a pause. */
  private static Response retried(Interceptor.Chain chain) throws java.io.IOException {
    var response = chain.proceed(chain.request());
    for (int i = 0; i < 2 && response.code() >= 500; i++) {
      response.close();
      response = chain.proceed(chain.request());
    }
    return response;
  }

  @Test
  void anInterceptorThatRetriesDoesNotMultiplyOurs() throws Exception {
    var plain = new OkHttpClient();
    var retrying = new OkHttpClient.Builder().addInterceptor(RetriesTest::retried).build();
    String refusal = "status@code=503";
    int alone;
    int together;
    var warnings = Warnings.start();
    try (var first = server("cut-fin@token=12", refusal);
        var second = server("cut-fin@token=12", refusal)) {
      assertThat(broken(quick(plain), first)).isTrue();
      assertThat(broken(quick(retrying), second)).isTrue();
      alone = first.received().size();
      together = second.received().size();
    } finally {
      warnings.stop();
    }
    assertThat(together).isEqualTo(alone);
    assertThat(warnings.sentences)
        .containsOnlyOnce(
            "interceptors: must not retry continuations, one did; its retries are answered with"
                + " the first refusal");
  }

  private static OkHttpClient quick(OkHttpClient client) {
    return client.newBuilder().addInterceptor(Hosts.interceptor(client)).build();
  }

  private static boolean broken(OkHttpClient client, FaultServer server) throws Exception {
    try {
      return read(client, server, chat()).isEmpty();
    } catch (java.io.IOException e) {
      return true;
    }
  }

  @Test
  void anInterceptorAfterOursIsNamedAndItsHeadersAreSentAgain() throws Exception {
    var client =
        new OkHttpClient.Builder()
            .addInterceptor(HoldfastInterceptor.create())
            .addInterceptor(chain ->
                chain.proceed(chain.request().newBuilder().header("X-Late", "yes").build()))
            .build();
    var warnings = Warnings.start();
    try (var server = server("cut-fin@token=12", "slices")) {
      assertThat(read(client, server, chat())).endsWith("data: [DONE]\n\n");
      assertThat(server.received()).hasSize(2).allMatch(it -> it.header("x-late").equals("yes"));
      assertThat(read(client, server, chat())).endsWith("data: [DONE]\n\n");
    } finally {
      warnings.stop();
    }
    assertThat(warnings.sentences)
        .containsOnlyOnce(
            "HoldfastInterceptor: must be the last interceptor, was followed by one that changes"
                + " X-Late; add it after the others");
  }

  @Test
  void aBodyThatCannotBeSentTwiceIsNamedOnceAndPasses() throws Exception {
    var once =
        new RequestBody() {
          private final RequestBody body = chat();

          @Override
          public @Nullable MediaType contentType() {
            return body.contentType();
          }

          @Override
          public void writeTo(okio.BufferedSink sink) throws java.io.IOException {
            body.writeTo(sink);
          }

          @Override
          public boolean isOneShot() {
            return true;
          }
        };
    var warnings = Warnings.start();
    try (var server = server("end-early@token=12", "end-early@token=12")) {
      var client = HoldfastInterceptor.install(new OkHttpClient());
      assertThat(read(client, server, once)).doesNotContain("[DONE]");
      assertThat(read(client, server, once)).doesNotContain("[DONE]");
      assertThat(server.received()).hasSize(2);
    } finally {
      warnings.stop();
    }
    assertThat(warnings.sentences)
        .containsOnlyOnce(
            "request body: must be readable twice so that an answer can be continued, was not;"
                + " streams of such requests pass as they are");
  }

  /** What the drop-in's logger received. */
  private static final class Warnings extends Handler {
    private static final Logger LOGGER = Logger.getLogger("dev.holdfast.okhttp");

    private final List<String> sentences = Collections.synchronizedList(new ArrayList<>());

    static Warnings start() {
      var warnings = new Warnings();
      LOGGER.addHandler(warnings);
      return warnings;
    }

    void stop() {
      LOGGER.removeHandler(this);
    }

    @Override
    public void publish(LogRecord entry) {
      sentences.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
