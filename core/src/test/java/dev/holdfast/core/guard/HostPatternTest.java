package dev.holdfast.core.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which further hosts an operator can allow, of a server on port 9464. */
class HostPatternTest {
  private static boolean allows(String pattern, String host) {
    var hosts = AllowedHosts.loopback(9464).with(Set.of(pattern));
    return hosts.complaint("/metrics", Map.of("host", List.of(host))) == null;
  }

  @ParameterizedTest(name = "{0} allows {1}: {2}")
  @CsvSource({
    "holdfast, holdfast, true",
    "Holdfast, HOLDFAST:9464, true",
    "holdfast, holdfast:80, false",
    "holdfast, holdfast.evil.com, false",
    "holdfast:80, holdfast:80, true",
    "holdfast:80, holdfast:9464, false",
    "holdfast:*, holdfast:31000, true",
    "holdfast:*, holdfast, true",
    "*.svc.cluster.local, app.prod.svc.cluster.local:80, true",
    "*.svc.cluster.local, app.prod.svc.cluster.local., true",
    "*.svc.cluster.local, svc.cluster.local, false",
    "*.svc.cluster.local, .svc.cluster.local, false",
    "*.svc.cluster.local, appsvc.cluster.local, false",
    "*.svc.cluster.local, app.svc.cluster.local.evil.com, false",
    "10.0.0.0/8, 10.255.0.1:9464, true",
    "10.0.0.0/8, 10.255.0.1:80, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "10.0.0.0/8, 10.0.0.1.evil.com, false",
    "10.0.0.0/8, 10.1, false",
    "10.0.0.0/8, 012.0.0.1, false",
    "10.0.0.0/8, 010.0.0.1, false",
    "10.128.0.0/9, 10.127.255.255, false",
    "10.128.0.0/9, 10.128.0.0, true",
    "192.168.1.77/32, 192.168.1.77, true",
    "192.168.1.77/32, 192.168.1.76, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, evil.com, false",
    "0.0.0.0/0, [fd00::1], false",
    "fd00::/8, [fd12:3456::1]:9464, true",
    "fd00::/8, [fe80::1], false",
    "fd00::/8, 253.0.0.1, false",
    "fd00::7, [fd00:0:0:0:0:0:0:7]:9464, true",
    "fd00::7, [fd00::8]:9464, false",
    "[fd00::7], [fd00::7]:9464, true",
    "10.1.2.3, 10.1.2.3:9464, true",
    "10.1.2.3, 10.1.2.3:9465, false",
    "*, anything.example:1, true",
    "*, 'evil.com:99999', false",
    "*, 'a b', false",
    "*, 'x@evil.com', false",
    "x, 127.0.0.1:9464, true",
    "x, evil.com, false",
  })
  void allowsWhatItNames(String pattern, String host, boolean allowed) {
    assertThat(allows(pattern, host)).isEqualTo(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "http://x",
        "x/y",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0/8",
        "fd00::/129",
        "*x",
        "*.",
        "*.*",
        "a*.b",
        "x:port",
        "x\ny",
        "[fd00::",
        "10.0.0.0/8/8",
        "é"
      })
  void refusesWhatIsNoHost(String pattern) {
    assertThatThrownBy(() -> AllowedHosts.loopback(1).with(Set.of(pattern)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host: must be a name, *.DOMAIN, an address, a range");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"http://evil.com", "http://app.prod.svc.evil.com", "null"})
  void anOriginMustBeAnAllowedHostToo(String origin) {
    var hosts = AllowedHosts.loopback(9464).with(Set.of("*.prod.svc"));
    var headers = Map.of("host", List.of("app.prod.svc"), "origin", List.of(origin));
    assertThat(hosts.complaint("/", headers)).isEqualTo("origin: must be this server");
  }
}
