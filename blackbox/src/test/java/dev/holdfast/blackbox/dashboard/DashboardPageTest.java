package dev.holdfast.blackbox.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.server.MonitorServer;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a person sees and can do. Screenshots go to {@code -Dholdfast.screenshots=FOLDER}. */
@Timeout(300)
@Tag("slow")
class DashboardPageTest {
  private static final String HOSTILE =
      "<img src=x onerror=document.title='owned'>\u202e\u001b[2J" + "x".repeat(1 << 20);

  /** A page comes as soon as the machine lets it; the 5 s of Playwright are no claim of ours. */
  static final double PATIENCE_MILLIS = 60_000;

  private static final String LABEL_OF_A_CELL =
      "of => getComputedStyle(document.querySelector('#rows ' + of), '::before').content";

  private static final String PLOTS_IN_A_ROW =
      """
      (() => {
        const tops = [...document.querySelectorAll('#plots figure')]
          .map((one) => Math.round(one.getBoundingClientRect().top));
        return tops.filter((top) => top === tops[0]).length;
      })()\
      """;

  private static Browser browser;

  private final List<String> complaints = new ArrayList<>();
  private final List<String> asked = new ArrayList<>();
  private final List<BrowserContext> contexts = new ArrayList<>();

  @BeforeAll
  @Timeout(300)
  static void openBrowser() {
    browser = Browser.open();
    setDefaultAssertionTimeout(PATIENCE_MILLIS);
  }

  @AfterAll
  @SuppressWarnings("NullAway") // Not open where the browser is missing.
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void closePages() {
    contexts.forEach(BrowserContext::close);
  }

  private static MonitorServer serve(StreamMonitor monitor) {
    return MonitorServer.builder(monitor)
        .route(new Dashboard())
        .tick(Duration.ofMillis(200))
        .start();
  }

  private Page open(MonitorServer server, int width, int height, ColorScheme scheme) {
    return open(server, width, height, scheme, "");
  }

  /** Opens a view of the page: what its address has after {@code #}, with it. */
  private Page open(MonitorServer server, int width, int height, ColorScheme scheme, String view) {
    var context =
        browser
            .get()
            .newContext(
                new NewContextOptions().setViewportSize(width, height).setColorScheme(scheme));
    contexts.add(context);
    context.setDefaultTimeout(PATIENCE_MILLIS);
    Page page = context.newPage();
    page.onConsoleMessage(message -> {
      if (message.type().equals("error") || message.type().equals("warning")) {
        complaints.add(message.text());
      }
    });
    page.onPageError(complaints::add);
    page.onRequest(request -> asked.add(request.url()));
    page.navigate(server.uri() + view);
    assertThat(page.locator("#link")).hasAttribute("data-state", "live");
    return page;
  }

  private static void shoot(Page page, String name) {
    String folder = System.getProperty("holdfast.screenshots", "");
    if (!folder.isEmpty()) {
      page.screenshot(
          new Page.ScreenshotOptions().setPath(Path.of(folder, name + ".png")).setFullPage(false));
    }
  }

  /** A stream that was cut and went on, one that is whole, one that failed. */
  private static void load(StreamMonitor monitor) {
    var script = Script.of("cut-fin@token=4").paced(Duration.ofMillis(1));
    var answer = Answer.ofText("The tide turns twice a day, and nobody has to ask it to do so.");
    try (var faults = FaultServer.builder().answer(answer).script(script).start();
        var holdfast =
            Holdfast.builder()
                .upstream(
                    Upstream.of(
                        Protocol.ANTHROPIC_MESSAGES.id(), faults.baseUrl().toString(), "key"))
                .observer(monitor)
                .build()) {
      for (int i = 0; i < 3; i++) {
        var request = ChatRequest.to("claude-haiku-4-5").user("Tell story " + i).build();
        try (var stream = holdfast.stream(request)) {
          assertThat(stream.outcome().isComplete()).isTrue();
        }
      }
    }
    monitor.startMonitoring("lost-one", start("gateway-b", "llama"));
    monitor.recordChunk("lost-one", 5000);
    monitor.recordError("lost-one", Cause.CONNECTION_LOST);
    monitor.completeStream(
        "lost-one", new dev.holdfast.core.stream.Verdict.Truncated(Cause.CONNECTION_LOST));
  }

  private static Upstream upstream(String name, String dialect, FaultServer server) {
    var plain = Upstream.of(dialect, server.baseUrl().toString(), "key");
    return plain.withName(name);
  }

  private static StreamObserver.Target start(String upstream, String model) {
    return new StreamObserver.Target(upstream, "localhost", 443, "openai-chat", model);
  }

  @Test
  void showsWhatTheMonitorKnows() {
    var monitor = new StreamMonitor();
    load(monitor);
    monitor.startMonitoring("still-running", start("gateway-a", "gpt"));
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      assertThat(page.locator("#active")).hasText("1");
      assertThat(page.locator("#success")).hasText("75 %");
      assertThat(page.locator("#success-note")).hasText("3 complete, 1 truncated");
      assertThat(page.locator("#streams-note")).hasText("1 live, 4 that ended in the last 5 min");
      assertThat(page.locator("#rows tr")).hasCount(5);
      assertThat(page.locator("#upstreams tbody tr")).hasCount(2);
      assertThat(page.locator("#models tbody tr").first())
          .hasText(Pattern.compile("claude-haiku-4-5\\s*3\\s*100 %.*"));
      assertThat(row(page, "#models", "llama")).containsText("1 truncated");
      // The same words and numbers in the figures, the groups and the list.
      page.selectOption("#filter", "failed");
      assertThat(page.locator("#empty-text")).hasText("No stream matches.");
      page.selectOption("#filter", "truncated");
      assertThat(page.locator("#rows tr")).hasCount(1);
      page.locator("#filter").selectOption("");
      page.locator("#models button", new Page.LocatorOptions().setHasText("llama")).click();
      assertThat(page.locator("#rows tr")).hasCount(1);
      assertThat(page.locator("#causes li").first()).containsText("connection-lost");
      assertThat(page.locator("#plots canvas")).hasCount(8);
      page.waitForFunction("() => Number(document.documentElement.dataset.scriptingMs) > 0");
      assertThat(complaints).isEmpty();
      assertThat(asked).allMatch(url -> url.startsWith(server.uri().toString()));
    }
  }

  @Test
  void aStreamOpensWithItsAttemptsAndSeams() {
    var monitor = new StreamMonitor();
    load(monitor);
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 900, ColorScheme.DARK);
      page.selectOption("#filter", "recovered");
      assertThat(page.locator("#rows tr")).hasCount(3);
      Locator first = page.locator("#rows a").first();
      first.focus();
      page.keyboard().press("Enter");
      Locator dialog = page.locator("#detail");
      assertThat(dialog).isVisible();
      assertThat(dialog.locator("#timeline")).containsText("attempt 2");
      assertThat(dialog.locator("#timeline")).containsText("connection-lost");
      assertThat(dialog.locator("#timeline li.seam")).containsText("at character");
      assertThat(dialog.locator("#lane .piece.failed")).hasCount(1);
      assertThat(dialog.locator("#lane .piece.complete")).hasCount(1);
      assertThat(dialog.locator("#lane .mark.seam")).hasCount(1);
      assertThat(dialog.locator("#lane .tick").nth(1)).hasText(Pattern.compile("[0-9.]+ m?s"));
      assertThat(dialog.locator("#lane")).containsText("failed: connection-lost");
      assertThat(dialog.locator("#legend")).containsText("complete");
      shoot(page, "dashboard-stream-dark");
      exports(page);
      // Its address opens it again, in a colleague's browser too.
      String address = page.url();
      assertThat(address).contains("state=recovered").contains("stream=stream-");
      var link = dialog.locator("#permalink").getAttribute("href");
      assertThat(server.uri() + link).isEqualTo(address);
      Page other = open(server, 1280, 900, ColorScheme.LIGHT, link);
      assertThat(other.locator("#detail #lane .piece")).hasCount(2);
      assertThat(other.locator("#filter")).hasValue("recovered");
      page.keyboard().press("Escape");
      assertThat(dialog).isHidden();
      assertThat(page).hasURL(Pattern.compile("^((?!stream=).)*$"));
      page.navigate(server.uri() + "#stream=no-such-one");
      assertThat(page.locator("#gone")).containsText("not kept");
      assertThat(complaints).hasSize(1).allMatch(words -> words.contains("404"));
    }
  }

  private static void exports(Page page) {
    Download csv = page.waitForDownload(() -> page.locator("#as-csv").click());
    assertThat(csv.suggestedFilename()).matches("stream-[0-9]+\\.csv");
    assertThat(text(csv))
        .startsWith("id,at,at_ms,kind,attempt,cause,rung,number,detail,error\r\n")
        .contains(",attempt-failed,1,connection-lost,,");
    Download json = page.waitForDownload(() -> page.locator("#as-json").click());
    assertThat(text(json)).startsWith("{\"id\":\"stream-").contains("\"kind\":\"seam\"");
  }

  private static String text(Download download) {
    try {
      return Files.readString(download.path());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Locator row(Page page, String table, String name) {
    return page.locator(table + " tbody tr", new Page.LocatorOptions().setHasText(name));
  }

  @Test
  void thePlotsAreFilledFromTheHistoryAndFollowTheWindow() {
    var monitor = new StreamMonitor();
    load(monitor);
    monitor.startMonitoring("still-running", start("gateway-a", "gpt"));
    try (var server = serve(monitor)) {
      Page page = open(server, 1440, 900, ColorScheme.LIGHT, "#window=1");
      Locator tokens = figure(page, "Tokens per second");
      // What happened before the page was opened, without waiting for more of it.
      assertThat(tokens.locator("output")).hasText(Pattern.compile("≈ [0-9,]+/s"));
      assertThat(figure(page, "Time to first token").locator("output").first())
          .hasText(Pattern.compile("[0-9.]+ m?s"));
      assertThat(figure(page, "Streams that ended")).containsText("per second");
      var box = tokens.boundingBox();
      page.mouse().move(box.x + 0.9 * box.width, box.y + 0.6 * box.height);
      assertThat(tokens.locator(".tip"))
          .hasText(Pattern.compile("[0-9]{2}:[0-9]{2}:[0-9]{2} +estimated .+"));
      page.mouse().move(0, 0);
      assertThat(tokens.locator(".tip")).isHidden();
      tokens.focus();
      page.keyboard().press("ArrowLeft");
      assertThat(tokens.locator(".tip")).isVisible();
      assertThat(page.locator("#plots-value")).containsText("estimated");
      page.locator("input[name=window][value='60']")
          .check(new Locator.CheckOptions().setForce(true));
      assertThat(figure(page, "Streams that ended")).containsText("per minute");
      assertThat(page).hasURL(Pattern.compile("#window=60$"));
      assertThat(asked).anyMatch(url -> url.endsWith("history?minutes=60"));
      assertThat(page.locator("#streams-note")).hasText("1 live, 4 that ended in the last 60 min");
      assertThat(complaints).isEmpty();
    }
  }

  private static void sorts(Page page) {
    Locator size =
        page.locator("#heads th", new Page.LocatorOptions().setHasText(Pattern.compile("^Size")));
    assertThat(size).hasAttribute("aria-sort", "none");
    size.locator("button").press("Enter");
    assertThat(size).hasAttribute("aria-sort", "descending");
    assertThat(page.locator("#rows tr").first()).containsText("job-999");
    assertThat(page.locator("#more")).hasText("1 to 50 of 1,000");
    size.locator("button").press("Enter");
    assertThat(size).hasAttribute("aria-sort", "ascending");
    assertThat(page.locator("#rows tr").first()).containsText("job-0");
    size.locator("button").press("Enter");
    assertThat(size).hasAttribute("aria-sort", "none");
  }

  private static Locator figure(Page page, String title) {
    return page.locator("#plots figure", new Page.LocatorOptions().setHasText(title));
  }

  @Test
  void anEmptyPageNamesWhatWillAppearAndHow() {
    var monitor = new StreamMonitor();
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      assertThat(page.locator("#welcome")).containsText("Holdfast.builder().observer(monitor)");
      assertThat(page.locator("#empty-text")).containsText("within a second of its beginning");
      assertThat(page.locator("#plots .none:visible")).hasCount(8);
      assertThat(page.locator("#models + .none")).containsText("One row for each");
      assertThat(page.locator("#success")).hasText("n/a");
      shoot(page, "dashboard-empty-light");
      monitor.startMonitoring("first-one", start("gateway-a", "gpt"));
      assertThat(page.locator("#welcome")).isHidden();
      assertThat(page.locator("#empty")).isHidden();
      assertThat(page.locator("#rows tr")).hasCount(1);
      assertThat(complaints).isEmpty();
    }
  }

  @Test
  void afterAFailoverTheTimelineNamesTheUpstreamsAskedAndTheRowTheOneThatAnswered() {
    var monitor = new StreamMonitor();
    var answer = Answer.ofText("The tide turns twice a day.");
    var down = Script.of("status@code=503", "status@code=503", "status@code=503");
    try (var first = FaultServer.builder().answer(answer).script(down).start();
        var second = FaultServer.builder().answer(answer).start();
        var holdfast =
            Holdfast.builder()
                .upstream(upstream("east", "openai-chat", first))
                .failover(upstream("west", "anthropic-messages", second), "claude-haiku-4-5")
                .observer(monitor)
                .build();
        var stream = holdfast.stream(ChatRequest.to("gpt-4.1").user("Go").build());
        var server = serve(monitor)) {
      assertThat(stream.outcome().isComplete()).isTrue();
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      assertThat(page.locator("#rows tr")).hasCount(1);
      assertThat(page.locator("#rows")).containsText("claude-haiku-4-5");
      page.locator("#rows a").first().click();
      assertThat(page.locator("#lane .who"))
          .containsText(new String[] {"Upstream", "east", "west"});
      assertThat(page.locator("#lane")).containsText("HTTP 503");
      Locator timeline = page.locator("#detail #timeline");
      assertThat(timeline).containsText("attempt 1east");
      assertThat(timeline).containsText("attempt 2west");
      assertThat(timeline).containsText("overloaded");
      shoot(page, "dashboard-failover-light");
      assertThat(complaints).isEmpty();
    }
  }

  @Test
  void theKeyboardFindsAStream() {
    var monitor = new StreamMonitor(3);
    load(monitor);
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      assertThat(page.locator("#streams-note"))
          .hasText("0 live, the last 3 of 4 that ended in the last 5 min");
      page.keyboard().press("/");
      page.keyboard().type("LOST llama");
      assertThat(page.locator("#rows tr")).hasCount(1);
      assertThat(page.locator("#rows tr td").nth(1)).hasText("truncated: connection-lost");
      page.locator("#search").fill("nothing like it");
      assertThat(page.locator("#empty-text")).hasText("No stream matches.");
      page.locator("#empty-action").click();
      assertThat(page.locator("#rows tr")).hasCount(3);
    }
  }

  @Test
  void textOfStrangersStaysText() {
    var monitor = new StreamMonitor();
    monitor.startMonitoring(HOSTILE, start(HOSTILE, HOSTILE));
    monitor.recordError(HOSTILE, HOSTILE);
    monitor.completeStream(HOSTILE);
    monitor.startMonitoring("live", start(HOSTILE, HOSTILE));
    monitor.recordError("live", HOSTILE);
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      assertThat(page.locator("#rows tr")).not().hasCount(0);
      assertThat(page.locator("#rows")).containsText("<img src=x");
      assertThat(page.locator("#models")).containsText("<img src=x");
      assertThat(page.locator("#upstreams")).containsText("<img src=x");
      page.locator("#rows tr", new Page.LocatorOptions().setHasText("live")).first().click();
      assertThat(page.locator("#detail")).isVisible();
      assertThat(page.locator("img")).hasCount(0);
      assertThat(page).hasTitle("Holdfast streams");
      assertThat(page.locator("body").innerText()).doesNotContain("\u202e", "\u001b");
      assertThat(page.locator("body").innerText().length()).isLessThan(20_000);
      assertThat(complaints).isEmpty();
    }
  }

  @Test
  void comesBackWhenTheServerDoes() {
    var monitor = new StreamMonitor();
    var server = serve(monitor);
    int port = server.port();
    try (server) {
      Page page = open(server, 1280, 900, ColorScheme.LIGHT);
      server.close();
      assertThat(page.locator("#link")).hasAttribute("data-state", "lost");
      monitor.startMonitoring("meanwhile", start("gateway-a", "gpt"));
      try (var again =
          MonitorServer.builder(monitor)
              .route(new Dashboard())
              .tick(Duration.ofMillis(200))
              .port(port)
              .start()) {
        assertThat(again.port()).isEqualTo(port);
        assertThat(page.locator("#link")).hasAttribute("data-state", "live");
        assertThat(page.locator("#rows")).containsText("meanwhile");
      }
    }
  }

  @Test
  void fitsAPhone() {
    var monitor = new StreamMonitor();
    load(monitor);
    try (var server = serve(monitor)) {
      Page page = open(server, 390, 844, ColorScheme.DARK);
      assertThat(page.locator("#rows tr")).hasCount(4);
      assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth")).isEqualTo(0);
      // No value without its name, and no plot without a neighbour at any width.
      Object label = page.evaluate(LABEL_OF_A_CELL, ".duration");
      assertThat(label).isEqualTo("\"Duration\"");
      for (int width : List.of(390, 800, 1280, 1440, 1920)) {
        page.setViewportSize(width, 844);
        assertThat(page.evaluate(PLOTS_IN_A_ROW)).isEqualTo(width < 1200 ? 2 : 4);
      }
      page.setViewportSize(390, 844);
      page.locator("#sort").selectOption("-attempts");
      assertThat(page.locator("#rows tr").last()).containsText("lost-one");
      shoot(page, "dashboard-phone-dark");
      page.locator("#rows a").first().click();
      assertThat(page.locator("#detail")).isVisible();
      assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth")).isEqualTo(0);
      shoot(page, "dashboard-phone-stream-dark");
    }
  }

  @Test
  void aThousandLiveStreamsAreShownInPart() {
    var monitor = new StreamMonitor();
    load(monitor);
    for (int i = 0; i < 1000; i++) {
      monitor.startMonitoring("job-" + i, start("gateway-" + i % 3, "model-" + i % 5));
      monitor.recordChunk("job-" + i, 100 + i);
    }
    try (var server = serve(monitor)) {
      Page page = open(server, 1280, 1000, ColorScheme.LIGHT);
      assertThat(page.locator("#active")).hasText("1,000");
      assertThat(page.locator("#rows tr")).hasCount(50);
      assertThat(page.locator("#more")).hasText("1 to 50 of 1,004");
      page.locator("#next").click();
      assertThat(page.locator("#more")).hasText("51 to 100 of 1,004");
      page.locator("#search").fill("job-");
      sorts(page);
      page.locator("#search").fill("job-77");
      assertThat(page.locator("#rows tr")).hasCount(11);
      page.locator("#search").fill("");
      // A figure for docs/metrics.md; the machine it runs on may be busy, so nothing depends on it.
      Object millis =
          page.evaluate(
              """
              async () => {
                const all = [];
                for (let i = 0; i < 12; i++) {
                  await new Promise((next) => setTimeout(next, 220));
                  all.push(Number(document.documentElement.dataset.scriptingMs));
                }
                return all.sort((a, b) => a - b)[6];
              }\
              """);
      System.out.println(
          "dashboard: scripting per update with 1,000 live streams: " + millis + " ms");
      shoot(page, "dashboard-light");
      assertThat(complaints).isEmpty();
    }
  }
}
