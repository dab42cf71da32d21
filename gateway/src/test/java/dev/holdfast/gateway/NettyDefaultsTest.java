package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NettyDefaultsTest {
  private static final List<String> NAMES =
      List.of(
          "io.netty.leakDetection.level",
          "io.netty.jfr.enabled",
          "io.netty.machineId",
          "io.netty.processId");

  private final Map<String, String> before = new HashMap<>();

  @BeforeEach
  void clear() {
    for (String name : NAMES) {
      String set = System.clearProperty(name);
      if (set != null) {
        before.put(name, set);
      }
    }
  }

  @AfterEach
  void restore() {
    NAMES.forEach(System::clearProperty);
    before.forEach(System::setProperty);
  }

  @Test
  void aSettingOfTheUserStays() {
    System.setProperty("io.netty.jfr.enabled", "true");
    System.setProperty("io.netty.leakDetection.level", "paranoid");
    NettyDefaults.use();
    assertThat(System.getProperty("io.netty.jfr.enabled")).isEqualTo("true");
    assertThat(System.getProperty("io.netty.leakDetection.level")).isEqualTo("paranoid");
  }

  @Test
  void whatIsNotSetIsWhatAServerNeeds() {
    NettyDefaults.use();
    assertThat(NAMES.stream().map(System::getProperty))
        .containsExactly("disabled", "false", "02:00:00:00:00:01", "0");
  }
}
