package dev.holdfast.blackbox.dashboard;

import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Chromium as the operating system packages it, driven by Playwright; nothing is downloaded. */
final class Browser implements AutoCloseable {
  private final Playwright playwright;
  private final com.microsoft.playwright.Browser browser;

  private Browser(Path program) {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(program)
                    .setTimeout(DashboardPageTest.PATIENCE_MILLIS)
                    .setArgs(List.of("--no-sandbox", "--disable-gpu")));
  }

  /** {@return a browser} Where there is none, the test is skipped with a message; never in CI. */
  static Browser open() {
    Optional<Path> program =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .flatMap(folder ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(folder, name)))
            .filter(Files::isExecutable)
            .findFirst();
    if (program.isEmpty() && System.getenv("CI") == null) {
      Assumptions.abort("chromium: must be installed for the tests of the dashboard, was missing");
    }
    return new Browser(program.orElseThrow(() -> new AssertionError("chromium is missing in CI")));
  }

  com.microsoft.playwright.Browser get() {
    return browser;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
