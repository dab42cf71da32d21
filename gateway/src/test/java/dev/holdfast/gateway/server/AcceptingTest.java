package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptingTest {
  @ParameterizedTest
  @CsvSource({
    "1024, 412", // 200 are the process's own.
    "20000, 9900",
    "300, 112",
    "2, 1",
    "unlimited, 2147483647",
    "1048576, 524188",
  })
  void eachConnectionMayTakeTwoDescriptors(String soft, int connections) {
    String limits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             95563                95563                processes
        Max open files            %s                 1048576              files
        """
            .formatted(soft);
    assertThat(Descriptors.connections(limits)).isEqualTo(connections);
  }

  @Test
  void whereTheLimitIsNotShownThereIsNone() {
    assertThat(Descriptors.connections("")).isEqualTo(Integer.MAX_VALUE);
    assertThat(Descriptors.connections("Max open files")).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aListenerThatCannotAcceptPausesAndAcceptsAgain() {
    var listener = new EmbeddedChannel(new AcceptPause());
    listener.freezeTime();
    listener.pipeline().fireExceptionCaught(new IOException("accept: Too many open files"));
    assertThat(listener.config().isAutoRead()).isFalse();
    listener.advanceTimeBy(199, TimeUnit.MILLISECONDS);
    listener.runScheduledPendingTasks();
    assertThat(listener.config().isAutoRead()).isFalse();
    listener.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    listener.runScheduledPendingTasks();
    assertThat(listener.config().isAutoRead()).isTrue();
    listener.checkException(); // It went no further.
    assertThat(listener.isOpen()).isTrue();
  }
}
