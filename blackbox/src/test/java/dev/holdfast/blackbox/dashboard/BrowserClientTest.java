package dev.holdfast.blackbox.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code holdfast.mjs} in a real browser, whose network, page and gateway go away. */
@Timeout(300)
@Tag("slow")
class BrowserClientTest {
  private static final String TEXT =
      "The keeper of the lighthouse wrote one line every evening, and never two of them alike.";

  private static final String PAGE =
      """
      <!doctype html><title>chat</title><script type="module">
      import { isKept, stream } from '/holdfast.mjs';
      window.isKept = isKept;
      window.seen = { tokens: [], retries: 0, seams: [], starts: 0, end: null };
      window.begin = (request) => {
        window.stream = stream(request, {
          onStart: () => window.seen.starts++,
          onToken: (token) => window.seen.tokens.push(token),
          onRetry: () => window.seen.retries++,
          onSeam: (seam) => window.seen.seams.push(seam.kind),
        });
        window.stream.done.then((end) => { window.seen.end = end.end; });
      };
      const kept = sessionStorage.getItem('request');
      if (kept) window.begin(JSON.parse(kept));
      window.ready = true;
      </script>
      """;

  private static final String HAS_SOME = "() => window.seen.tokens.length > 2";
  private static final String ENDED = "() => window.seen.end !== null";

  private static Browser browser;

  @TempDir private Path directory;
  private FaultServer upstream;
  private GatewayConfig config;
  private Gateway gateway;
  private BrowserContext context;

  @BeforeAll
  static void openBrowser() {
    browser = Browser.open();
  }

  @AfterAll
  @SuppressWarnings("NullAway") // Not open where the browser is missing.
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void start() {
    upstream =
        FaultServer.builder()
            .answer(Answer.ofText(TEXT))
            .script(
                // The first answer falls silent: only the test decides when it continues.
                (stream, attempt) ->
                    attempt == 1
                        ? List.of(new Fault.Stall(Position.event(12), Duration.ofMinutes(10), null))
                        : List.of())
            .start();
    var start =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                        Protocol.OPENAI_CHAT,
                        Protocol.OPENAI_RESPONSES,
                        Protocol.ANTHROPIC_MESSAGES,
                        Protocol.GEMINI_SSE)
                    .stream()
                    .map(p -> UpstreamConfig.parse(p.id() + "=" + upstream.baseUrl(p)))
                    .toList())
            .withDrain(Duration.ZERO)
            .withJournal(JournalConfig.at(directory));
    gateway = Gateway.start(start);
    config = start.listeningAt(start.listen().address(), gateway.port(), 0);
    context = browser.get().newContext();
  }

  @AfterEach
  void stop() {
    context.close();
    gateway.close();
    upstream.close();
  }

  private Page page() {
    var page = context.newPage();
    page.setDefaultTimeout(DashboardPageTest.PATIENCE_MILLIS);
    String address = gateway.uri() + "/page.html";
    page.route(
        address,
        route ->
            route.fulfill(new Route.FulfillOptions().setContentType("text/html").setBody(PAGE)));
    page.navigate(address);
    page.waitForFunction("() => window.ready");
    return page;
  }

  private static String request(Protocol protocol) {
    String path = protocol.path().replace("{model}", "gemini-2.5-flash");
    String url = (protocol.root().isEmpty() ? "/" : "/" + protocol.root() + "/") + path;
    String body =
        switch (protocol) {
          case ANTHROPIC_MESSAGES ->
              "{model:'claude-haiku-4-5',max_tokens:4000,stream:true,messages:[{role:'user',content:'?'}]}";
          case OPENAI_RESPONSES -> "{model:'gpt-4.1-mini',stream:true,input:'?'}";
          case GEMINI_SSE -> "{contents:[{role:'user',parts:[{text:'?'}]}]}";
          case OPENAI_CHAT, GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
              "{model:'gpt-4.1-mini',stream:true,messages:[{role:'user',content:'?'}]}";
        };
    return "{url:'" + url + "',name:'answer',silence:3000,body:" + body + "}";
  }

  private static void begin(Page page, Protocol protocol) {
    page.evaluate("() => window.begin(" + request(protocol) + ")");
    page.waitForFunction(HAS_SOME);
  }

  /** Another gateway continues the answer, and does not fall silent. */
  private void restart() {
    gateway.close();
    gateway = Gateway.start(config);
  }

  private static void isWhole(Page page) {
    page.waitForFunction(ENDED);
    assertThat(page.evaluate("() => window.seen.end")).isEqualTo("complete");
    assertThat(page.evaluate("() => window.seen.tokens.join('')")).isEqualTo(TEXT);
    assertThat(page.evaluate("() => window.stream.text")).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC_MESSAGES", "GEMINI_SSE"})
  void theGatewayEndsAndAnotherOneContinues(Protocol protocol) {
    var page = page();
    begin(page, protocol);
    restart();
    isWhole(page);
    assertThat(page.evaluate("() => window.seen.retries")).isNotEqualTo(0);
    assertThat(page.evaluate("() => window.seen.seams.includes('gateway')")).isEqualTo(true);
    assertThat(upstream.received()).hasSize(2);
    assertThat(page.evaluate("() => Object.keys(sessionStorage).length")).isEqualTo(0);
  }

  @Test
  void theNetworkGoesAwayAndComesBack() {
    var page = page();
    begin(page, Protocol.OPENAI_CHAT);
    String had = (String) page.evaluate("() => window.stream.text");
    context.setOffline(true);
    page.waitForFunction("() => window.seen.retries > 0");
    context.setOffline(false);
    page.waitForFunction("() => window.seen.seams.includes('connection')");
    assertThat((String) page.evaluate("() => window.stream.text")).isEqualTo(had);
    assertThat(upstream.received()).hasSize(1);
    restart();
    isWhole(page);
  }

  @Test
  void aReloadInMidAnswerKeepsIt() {
    var page = page();
    Object request = page.evaluate("() => (" + request(Protocol.OPENAI_CHAT) + ")");
    page.evaluate("r => sessionStorage.setItem('request', JSON.stringify(r))", request);
    assertThat(page.evaluate("() => window.isKept('answer')")).isEqualTo(false);
    begin(page, Protocol.OPENAI_CHAT);
    String id = (String) page.evaluate("() => window.stream.id");
    page.reload();
    page.waitForFunction("() => window.ready && window.seen.tokens.length > 2");
    assertThat(page.evaluate("() => window.stream.id")).isEqualTo(id);
    assertThat(page.evaluate("() => window.isKept('answer')")).isEqualTo(true);
    assertThat(upstream.received()).hasSize(1);
    restart();
    isWhole(page);
    assertThat(page.evaluate("() => window.isKept('answer')")).isEqualTo(false);
  }

  @Test
  void aTabThatSleptReadsOn() throws InterruptedException {
    var page = page();
    begin(page, Protocol.OPENAI_CHAT);
    var session = context.newCDPSession(page);
    lifecycle(session, "frozen");
    String had = (String) page.evaluate("() => window.stream.text");
    restart();
    // The other gateway's answer has ended before the tab wakes up.
    assertThat(upstream.awaitEnded(2, Duration.ofSeconds(60))).isTrue();
    assertThat(page.evaluate("() => window.stream.text")).isEqualTo(had);
    lifecycle(session, "active");
    isWhole(page);
    assertThat(page.evaluate("() => window.seen.seams.includes('gateway')")).isEqualTo(true);
    assertThat(upstream.received()).hasSize(2);
  }

  /** Puts a tab to sleep, in which no script runs, or wakes it up. */
  private static void lifecycle(CDPSession session, String state) {
    var arguments = new JsonObject();
    arguments.addProperty("state", state);
    session.send("Page.setWebLifecycleState", arguments);
  }

  @Test
  void twoTabsReadOneStream() {
    var first = page();
    begin(first, Protocol.OPENAI_CHAT);
    String id = (String) first.evaluate("() => window.stream.id");
    var second = page();
    second.evaluate("id => window.begin({ id })", id);
    second.waitForFunction(HAS_SOME);
    assertThat(upstream.received()).hasSize(1);
    restart();
    isWhole(first);
    isWhole(second);
    assertThat(upstream.received()).hasSize(2);
  }

  @Test
  void abortStopsTheStreamForAll() throws InterruptedException {
    var first = page();
    begin(first, Protocol.OPENAI_CHAT);
    String id = (String) first.evaluate("() => window.stream.id");
    var second = page();
    second.evaluate("id => window.begin({ id })", id);
    second.waitForFunction(HAS_SOME);
    first.evaluate("() => window.stream.abort()");
    second.waitForFunction(ENDED);
    assertThat(first.evaluate("() => window.seen.end")).isEqualTo("cancelled");
    assertThat(second.evaluate("() => window.seen.end")).isNotEqualTo("complete");
    assertThat(upstream.awaitGenerations(0, Duration.ofSeconds(60))).isTrue();
  }

  @Test
  void anUnknownStreamIsReportedAsExpired() {
    var page = page();
    page.evaluate("() => window.begin({ id: '0123456789abcdef0123456789abcdef' })");
    page.waitForFunction(ENDED);
    assertThat(page.evaluate("() => window.seen.end")).isEqualTo("expired");
  }
}
