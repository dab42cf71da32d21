package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.testkit.junit.Faults;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Breaks the client's server in every way that matters, and looks whether the client admits it. */
class ChatClientTest {
  private static final String TEXT = "The tide turns twice a day.";

  @Test
  void readsAnAnswer(@Faults(scenario = "src/test/resources/tide.yaml") FaultServer server) throws Exception {
    assertEquals(TEXT, new ChatClient(server.baseUrl()).ask("Hello?"));
    server.received().hasCount(1).hasNoneOpen();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut-rst@token=2", "cut-fin@token=2", "end-early@token=2", "malformed-json@token=1"})
  void neverPassesABrokenAnswerOffAsWhole(String fault) {
    try (var server =
        FaultServer.builder().script(dev.holdfast.testkit.fault.Script.of(fault)).start()) {
      assertThrows(IOException.class, () -> new ChatClient(server.baseUrl()).ask("Hello?"));
    }
  }

  @Test
  void reportsARefusal(@Faults("status@code=503") FaultServer server) {
    assertThrows(IOException.class, () -> new ChatClient(server.baseUrl()).ask("Hello?"));
    server.received().hasCount(1);
  }
}
