package dev.holdfast.blackbox.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.holdfast.cli.playground.Playground;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The playground in a real browser, with a gateway that is really killed. */
@Timeout(1200)
@Tag("slow")
class PlaygroundPageTest {
  private static final String PROMPT = "Why do streams break?";

  /** Where an attempt falls silent: only a button of the page continues the answer. */
  private static final Fault SILENCE =
      new Fault.Stall(Position.token(60), Duration.ofMinutes(30), null);

  /** A gateway that is killed comes back as soon as the machine starts a JVM. */
  private static final double PATIENCE_MILLIS = 3 * DashboardPageTest.PATIENCE_MILLIS;

  /** What a browser reports of connections that are broken on purpose. */
  private static final Pattern BROKEN = Pattern.compile("(?s).*net::ERR_.*");

  private static Browser browser;

  private final List<String> complaints = new ArrayList<>();
  private final List<String> asked = new ArrayList<>();
  private final List<BrowserContext> contexts = new ArrayList<>();

  @BeforeAll
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

  /** A provider whose first {@code silent} attempts of every answer fall silent. */
  private static Script silentFor(int silent) {
    return (stream, attempt) -> attempt <= silent ? List.of(SILENCE) : List.of();
  }

  private Page open(Playground playground, int width, int height) {
    var options = new NewContextOptions().setViewportSize(width, height);
    options.setColorScheme(ColorScheme.DARK).setReducedMotion(ReducedMotion.REDUCE);
    var context = browser.get().newContext(options);
    contexts.add(context);
    context.setDefaultTimeout(PATIENCE_MILLIS);
    Page page = context.newPage();
    page.onConsoleMessage(message -> {
      boolean bad = message.type().equals("error") || message.type().equals("warning");
      if (bad && !BROKEN.matcher(message.text()).matches()) {
        complaints.add(message.text());
      }
    });
    page.onPageError(complaints::add);
    page.onRequest(request -> asked.add(request.url()));
    page.navigate(playground.uri().toString());
    ready(page);
    return page;
  }

  private static void ready(Page page) {
    assertThat(page.locator("html")).hasAttribute("data-ready", "true");
  }

  /** As a user does with the keyboard alone. */
  private static void ask(Page page) {
    page.keyboard().press("/");
    assertThat(page.locator("#prompt")).isFocused();
    page.keyboard().type(PROMPT);
    page.keyboard().press("Enter");
    assertThat(event(page, "First token")).isVisible();
  }

  private static Locator event(Page page, String title) {
    return page.locator("#timeline b", new Page.LocatorOptions().setHasText(title)).last();
  }

  private static Locator seam(Page page, String kind) {
    return page.locator(".turn .seam[data-kind='" + kind + "']").last();
  }

  private static void isWhole(Page page) {
    assertThat(page.locator(".turn").last()).hasAttribute("data-state", "complete");
    assertThat(page.locator(".turn .verdict").last()).hasText("Complete");
    assertThat(page.locator(".turn .sign use").last()).hasAttribute("href", "#i-check");
    assertThat(page.locator(".turn .why").last())
        .hasText(Pattern.compile("All [0-9,]+ characters, the same as the uncut answer\\."));
    assertThat(page.locator(".turn .answer").last().textContent())
        .isEqualTo(Playground.answerTo(PROMPT));
  }

  private void isClean(Playground playground) {
    assertThat(complaints).isEmpty();
    assertThat(asked)
        .isNotEmpty()
        .allSatisfy(url -> assertThat(url).startsWith(playground.uri().toString()));
  }

  @Test
  void anAnswerSurvivesEveryButton() throws Exception {
    Path journal;
    try (var playground = Playground.start(0, silentFor(3))) {
      journal = playground.journal();
      assertThat(journal).isDirectory();
      Page page = open(playground, 1280, 800);
      ask(page);

      page.keyboard().press("4");
      assertThat(seam(page, "provider")).isVisible();

      page.locator("#cut-browser").click();
      assertThat(seam(page, "browser")).isVisible();

      long killed = playground.gatewayPid();
      page.locator("#kill-gateway").click();
      assertThat(seam(page, "gateway")).isVisible();
      assertThat(playground.gatewayPid()).isNotEqualTo(killed).isPositive();
      assertThat(ProcessHandle.of(killed).map(ProcessHandle::isAlive).orElse(false)).isFalse();
      assertThat(event(page, "Gateway back")).isVisible();

      page.locator("#reload").click();
      assertThat(event(page, "Page reloaded")).isVisible();
      assertThat(seam(page, "reload")).isVisible();

      page.locator("#cut-provider").click();
      isWhole(page);
      int attempts = playground.received().size();
      assertThat(attempts).isGreaterThanOrEqualTo(4);
      assertThat(page.locator(".end dd").first()).hasText(String.valueOf(attempts));
      assertThat(page.locator("#status")).containsText("Complete");

      // What is finished is there after a reload too, and nothing is asked again.
      page.reload();
      ready(page);
      isWhole(page);
      assertThat(playground.received()).hasSize(attempts);
      isClean(playground);
    }
    assertThat(Files.exists(journal)).isFalse();
  }

  @Test
  void whereTheModelRefusesTheEndIsReportedAndRetryAsksAgain() throws Exception {
    var streams = new ConcurrentLinkedQueue<String>();
    Script silentOnce =
        (stream, attempt) -> {
          streams.add(stream);
          return attempt == 1 && stream.equals(streams.peek()) ? List.of(SILENCE) : List.of();
        };
    try (var playground = Playground.start(0, silentOnce)) {
      Page page = open(playground, 390, 844);
      page.locator("#stubborn").check();
      page.locator("#prompt").fill(PROMPT);
      page.locator("#send").click();
      assertThat(event(page, "First token")).isVisible();
      page.locator("#cut-provider").click();

      assertThat(page.locator(".turn")).hasAttribute("data-state", "refused");
      assertThat(page.locator(".turn .verdict")).containsText("Not complete");
      assertThat(page.locator(".turn .verdict code")).hasText("no-rung");
      assertThat(page.locator(".turn .seam")).hasCount(0);
      String text = page.locator(".turn .answer").textContent();
      assertThat(Playground.answerTo(PROMPT)).startsWith(text).isNotEqualTo(text);

      page.locator(".retry").click();
      assertThat(page.locator(".turn")).hasCount(2);
      isWhole(page);
      isClean(playground);
    }
  }

  @Test
  void stopEndsTheAnswerAtTheProvider() throws Exception {
    try (var playground = Playground.start(0, silentFor(1))) {
      Page page = open(playground, 1280, 800);
      ask(page);
      page.keyboard().press("Escape");
      assertThat(page.locator(".turn")).hasAttribute("data-state", "stopped");
      assertThat(page.locator("#send")).isVisible();
      assertThat(playground.awaitIdle(Duration.ofMinutes(2))).isTrue();
      isClean(playground);
    }
  }
}
