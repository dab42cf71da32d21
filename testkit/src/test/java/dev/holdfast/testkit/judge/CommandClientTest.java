package dev.holdfast.testkit.judge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell that starts a client. */
class CommandClientTest {
  @ParameterizedTest
  @ValueSource(strings = {"Linux", "Mac OS X", "FreeBSD", "Darwin"})
  void aShellIsReplacedByTheClient(String system) {
    assertThat(CommandClient.shell("python 'my client.py'", system))
        .isEqualTo(List.of("sh", "-c", "exec python 'my client.py'"));
    assertThat(CommandClient.shell("exec node client.mjs", system))
        .isEqualTo(List.of("sh", "-c", "exec node client.mjs"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Windows 11", "Windows Server 2025", "windows"})
  void windowsHasAShellOfItsOwn(String system) {
    assertThat(CommandClient.shell("python \"my client.py\" --fast", system))
        .isEqualTo(List.of("cmd.exe", "/d", "/s", "/c", "\"python \"my client.py\" --fast\""));
  }
}
