package dev.holdfast.blackbox;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which package may depend on which: a white list, so that all that a row leaves out is forbidden.
 * Sockets, channels, threads and {@code java.util.concurrent} are forbidden in the core because no
 * row of it has them.
 */
final class PermittedDependencies {
  /**
   * Rows in order of dependence. A name ending in {@code ..} means the package and those below it,
   * a name with a capital means one class, any other name means exactly that package.
   */
  private static final String TABLE =
      """
      package      | ours                                                | JDK and third party
      core.stream | - | java.lang java.util java.util.function java.util.stream java.time
      core.guard | core.stream | java.lang java.util java.util.function java.util.stream java.util.regex java.nio.charset java.security.cert java.time
      core.frame | core.stream | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio java.nio.charset java.io.ByteArrayOutputStream java.util.zip.CRC32
      core.tools | core.stream | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio.charset tools.jackson.core..
      core.request | core.stream | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.dialect | core.stream core.frame core.request | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio.charset
      core.json | core.stream | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio java.nio.charset java.io.ByteArrayOutputStream java.io.IOException java.io.OutputStream java.io.StringWriter java.io.Writer tools.jackson.core..
      core.usage | core.stream core.json | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.provider.errors | core.stream core.json | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.regex java.time java.time.format java.math java.nio.charset
      core.provider.shared | core.stream core.frame core.request core.dialect core.json core.provider.errors | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio.charset tools.jackson.core..
      core.provider.openai | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared | java.lang java.lang.invoke java.util java.util.function java.util.stream java.time
      core.provider.anthropic | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio.charset
      core.provider.google | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared core.provider.openai | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.provider.amazon | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared core.provider.openai core.provider.anthropic | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.provider.ollama | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared core.provider.anthropic | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.provider.other | core.stream core.frame core.request core.dialect core.json core.provider.errors core.provider.shared core.provider.openai core.provider.anthropic | java.lang java.lang.invoke java.util java.util.function java.util.stream
      core.provider.encode | core.stream core.frame core.tools core.dialect core.json core.provider.shared | java.lang java.lang.invoke java.util java.util.function java.util.stream java.io.ByteArrayOutputStream java.nio java.nio.charset java.time
      core.provider.detect | core.frame core.json core.provider.errors | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.regex java.nio java.nio.charset
      core.provider | core.stream core.frame core.dialect core.provider.openai core.provider.anthropic core.provider.google core.provider.amazon core.provider.ollama core.provider.other | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.concurrent
      core.policy | core.stream core.frame core.dialect | java.lang java.util java.util.function java.util.stream java.util.regex java.time java.util.concurrent
      core.seam | core.stream | java.lang java.util java.util.function java.util.stream
      core.health | core.stream core.policy | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.random.RandomGenerator java.time
      core.verdict | core.stream core.tools core.frame core.dialect core.provider.detect core.provider | java.lang java.lang.invoke java.util java.util.function java.util.stream java.nio java.nio.charset java.io.ByteArrayOutputStream
      core.continuation | core.stream core.dialect core.policy core.seam | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.random.RandomGenerator java.time
      core.engine | core.stream core.guard core.tools core.frame core.dialect core.provider.errors core.policy core.seam core.health core.usage core.verdict core.continuation | java.lang java.lang.invoke java.util java.util.function java.util.stream java.util.random.RandomGenerator java.time java.nio
      core.relay | core.stream core.dialect core.policy core.health core.engine core.provider.encode | java.lang java.util java.util.function java.util.random.RandomGenerator java.nio java.nio.charset java.io.ByteArrayOutputStream
      core.spi | core.stream core.guard core.frame core.dialect core.policy core.health core.engine | java.lang java.util java.util.function java.util.regex java.util.stream java.util.random.RandomGenerator java.util.concurrent.locks java.util.concurrent.CompletionStage java.time java.nio java.net.URI
      client.transport | core.. | java.lang.. java.util.. java.net java.net.http java.io java.nio.. java.time.. javax.net.ssl java.security..
      client.observing | core.. | java.lang.. java.util.. java.nio
      client.environment | core.stream | java.lang.. java.util..
      client.failure | core.stream | java.lang.. java.util..
      client.journal | core.stream | java.lang.. java.time.. java.util..
      client.journaling | core.stream core.spi core.json core.engine core.health client.journal | java.lang.. java.nio.. java.security java.time.. java.util..
      client | core.. client.transport client.observing client.environment client.failure client.journal client.journaling | java.lang.. java.util.. java.io java.net java.net.http java.nio.. java.security.. java.sql java.time.. javax.net.ssl javax.sql
      client.relay | core.. client client.observing client.transport | java.lang.. java.util.. java.io java.net java.nio.. java.time..
      client.browser | core.stream core.frame core.json client client.journal | java.io java.lang.. java.nio.. java.time.. java.util..
      testkit.fault | core.stream core.provider | java.lang.. java.time.. java.util..
      testkit.http | core.stream core.guard | java.io java.lang.. java.nio.. java.util..
      testkit.json | - | java.lang.. java.util.. tools.jackson.core..
      testkit.answer | core.stream testkit.fault testkit.json | java.lang.. java.nio.. java.util..
      testkit.proxy | core.stream core.guard | java.io java.lang.. java.net java.nio.. java.time.. java.util.. javax.net javax.net.ssl
      testkit.time | core.stream | java.lang.. java.time.. java.util..
      testkit.wire | testkit.fault testkit.json testkit.answer | java.lang.. java.util..
      testkit.model | core.stream testkit.fault testkit.http testkit.json testkit.answer testkit.wire | java.lang.. java.util..
      testkit.link | core.stream testkit.fault testkit.http testkit.json testkit.answer testkit.wire testkit.model | java.io java.lang.. java.nio.. java.time.. java.util..
      testkit.scenario | core.stream testkit.fault testkit.http testkit.json testkit.answer testkit.wire testkit.model | java.io java.lang.. java.nio.. java.time.. java.util.. org.snakeyaml.engine.v2..
      testkit.server | core.stream core.guard core.dialect testkit.fault testkit.http testkit.json testkit.answer testkit.wire testkit.model testkit.link testkit.scenario | java.io java.lang.. java.net java.nio.. java.security.. java.time.. java.util.. javax.net.ssl
      testkit.judge | core.stream core.guard testkit.fault testkit.answer testkit.server | java.io java.lang.. java.net java.nio.. java.time.. java.util.. tools.jackson.core..
      testkit.journal | core.spi | java.io java.lang.. java.net java.nio.. java.time.. java.util..
      testkit.transport | core.spi core.stream testkit.server | java.io java.lang.. java.net java.nio.. java.time.. java.util.. javax.net.ssl
      testkit.junit | core.dialect core.spi core.stream testkit.scenario testkit.server testkit.transport | java.lang.. java.net java.nio.. java.security.. java.time.. java.util.. javax.net.ssl org.junit.jupiter.api..
      testkit.sim.draw | core.stream core.frame core.dialect core.policy testkit.fault testkit.answer testkit.model testkit.scenario | java.lang.. java.time.. java.util..
      testkit.sim.upstream | core.stream core.request core.dialect core.provider core.policy core.health core.engine testkit.fault testkit.answer testkit.model testkit.link testkit.sim.draw | java.lang.. java.nio.. java.time.. java.util.. tools.jackson.core..
      testkit.sim.invariant | core.stream core.frame core.dialect core.policy core.health core.engine testkit.fault testkit.answer testkit.model testkit.link testkit.sim.draw testkit.sim.upstream | java.lang.. java.nio.. java.time.. java.util..
      testkit.sim | core.stream core.dialect core.policy core.health core.engine testkit.fault testkit.answer testkit.model testkit.link testkit.sim.draw testkit.sim.upstream testkit.sim.invariant | java.lang.. java.nio.. java.time.. java.util..
      observe.debug.clients | core.frame core.json | java.io java.lang.. java.nio.. java.util..
      observe.debug.wire | core.stream core.guard core.policy | java.lang.. java.net java.nio.. java.time.. java.util..
      observe.debug.decode | core.stream observe.debug.wire | java.io java.lang.. java.nio.. java.util..
      observe.debug.facts | core.stream core.guard core.tools core.dialect core.provider.detect observe.debug.clients observe.debug.wire | java.lang.. java.util..
      observe.debug.recording | core.stream core.guard core.json observe.debug.wire observe.debug.decode | java.io java.lang.. java.net java.nio.. java.util..
      observe.debug.replay | core.stream core.guard observe.debug.wire observe.debug.decode observe.debug.recording | java.io java.lang.. java.net java.nio.. java.util..
      observe.explain | - | java.io java.lang.. java.nio.. java.util..
      observe.parts | core.stream | java.lang.. java.util..
      observe | core.stream core.usage core.spi observe.parts | java.io java.lang.. java.time.. java.util.. tools.jackson.core..
      observe.debug.tally | core.stream core.guard core.frame core.tools core.dialect core.json core.provider.detect core.provider core.verdict observe.debug.clients observe.debug.wire observe.debug.facts observe.parts | java.lang.. java.nio.. java.util..
      observe.debug.rules | core.stream core.tools core.dialect core.provider.detect observe.debug.clients observe.debug.wire observe.debug.facts observe.debug.tally | java.lang.. java.time.. java.util..
      observe.debug.report | core.stream core.tools core.json observe.debug.clients observe.debug.wire observe.debug.facts observe observe.debug.tally observe.debug.rules | java.lang.. java.nio.. java.security.. java.util..
      observe.debug | core.stream core.guard core.dialect core.provider.errors core.policy observe.debug.clients observe.debug.wire observe.debug.decode observe.debug.facts observe.debug.recording observe.debug.tally observe.debug.rules observe.debug.report | java.io java.lang.. java.net java.nio.. java.security.. java.time.. java.util.. javax.net javax.net.ssl
      observe.metrics | core.stream core.spi observe.parts observe | io.micrometer.core.instrument.. io.opentelemetry.api.. io.opentelemetry.context.. java.lang.. java.time.. java.util..
      observe.server | core.stream core.guard core.frame observe | java.io java.lang.. java.net java.nio.. java.security.. java.time.. java.util..
      observe.dashboard | observe.server | java.io java.lang.. java.util..
      journal.file | - | java.io java.lang.. java.nio.. java.util..
      journal.format | core.spi | java.lang.. java.nio.. java.security.. java.util.. javax.crypto..
      journal.log | core.spi journal.file journal.format | java.io java.lang.. java.nio.. java.security.. java.time.. java.util..
      journal | core.stream core.spi journal.file journal.log | java.io java.lang.. java.nio.. java.security.. java.time.. java.util..
      journal.redis | core.stream core.spi | io.lettuce.core.. io.netty.buffer io.netty.channel io.netty.handler.flush java.io java.lang.. java.nio.. java.security java.time.. java.util..
      netty.upstream | core.stream core.guard | io.netty.. java.lang.. java.net java.nio.. java.security.. java.time.. java.util.. javax.net.ssl
      netty | core.dialect core.spi core.stream netty.upstream | io.netty.. java.lang.. java.net java.nio.. java.security java.time.. java.util.. javax.net.ssl
      gateway.config | core.stream core.guard core.provider core.policy core.relay journal.redis | java.lang.. java.net java.nio.. java.time.. java.util..
      gateway.tls | - | java.io java.lang.. java.nio.. java.security.. java.util..
      gateway.config.file | core.guard core.policy core.relay gateway.config gateway.tls | java.io java.lang.. java.net java.nio.. java.time.. java.util.. org.snakeyaml.engine.v2..
      gateway.route | core.guard core.provider gateway.config | java.lang.. java.net java.util..
      gateway.access | gateway.config | java.lang.. java.nio.. java.security java.util..
      gateway.message | core.guard core.spi core.stream gateway.config gateway.route | io.netty.buffer io.netty.channel io.netty.handler.codec.http java.io java.lang.. java.nio.. java.time.. java.util.. tools.jackson.core..
      gateway.upstream | core.policy core.spi gateway.config gateway.route netty.upstream | io.netty.handler.codec.http java.lang.. java.util..
      gateway.manage | core.json core.stream core.usage core.health core.spi observe.server gateway.config gateway.route gateway.access gateway.upstream | java.io java.lang.. java.nio.. java.security java.util.. tools.jackson.core..
      gateway.shared | core.spi gateway.config gateway.route gateway.access gateway.upstream | java.lang.. java.time.. java.util..
      gateway.journal | core.dialect core.guard core.provider core.provider.encode core.relay core.spi core.stream gateway.config gateway.manage gateway.message gateway.route gateway.shared journal journal.redis | io.netty.buffer io.netty.channel io.netty.handler.codec.http io.netty.util.. java.io java.lang.. java.nio.. java.security java.time.. java.util..
      gateway.stream | core.stream core.guard core.dialect core.provider core.policy core.health core.engine core.relay core.spi gateway.config gateway.route gateway.message gateway.upstream gateway.manage gateway.shared gateway.journal netty.upstream | io.netty.buffer io.netty.channel io.netty.handler.codec.http io.netty.util.. java.io java.lang.. java.nio.. java.security java.time.. java.util..
      gateway.durable.subscription | core.json | java.io java.lang.. java.net.. java.nio.. java.security.. java.time.. java.util.. javax.crypto.. tools.jackson.core..
      gateway.durable | core.stream core.spi gateway.route gateway.message gateway.manage gateway.durable.subscription | io.netty.buffer io.netty.channel io.netty.handler.codec.http io.netty.util.concurrent java.io java.lang.. java.nio.. java.security java.time.. java.util.. tools.jackson.core..
      gateway.ui | core.stream core.frame core.tools core.request core.dialect core.json core.provider core.spi gateway.config gateway.route gateway.message gateway.journal | io.netty.buffer io.netty.channel io.netty.handler.codec.http java.io java.lang.. java.net java.nio.. java.security java.util..
      gateway.http2 | gateway.config | io.netty.. java.lang.. java.time.. java.util..
      gateway.server | core.stream core.guard core.health core.spi gateway.config gateway.route gateway.access gateway.message gateway.upstream gateway.manage gateway.shared gateway.journal gateway.stream gateway.durable gateway.ui gateway.http2 gateway.tls netty.upstream | io.netty.. java.io java.lang.. java.net java.nio.. java.time.. java.util.. javax.net.ssl
      gateway | core.stream core.policy core.guard core.spi observe observe.dashboard observe.server gateway.config gateway.route gateway.access gateway.shared gateway.journal gateway.upstream gateway.manage gateway.stream gateway.server gateway.durable netty.upstream | io.netty.handler.ssl io.netty.util.internal.logging java.io java.lang.. java.net java.nio.. java.time.. java.util..
      cli.terminal | core.stream core.guard observe | java.io java.lang.. java.nio.. java.time.. java.util.. picocli.. tools.jackson.core..
      cli.explain | cli.terminal observe.explain | java.lang.. java.util.. picocli..
      cli.inspect | core.stream core.guard core.frame core.tools core.dialect core.json core.provider.detect core.provider core.verdict cli.terminal observe.debug.decode | java.io java.lang.. java.nio.. java.util.. picocli..
      cli.judge | core.policy cli.terminal gateway gateway.config testkit.answer testkit.fault testkit.judge | java.io java.lang.. java.net java.nio.. java.time.. java.util.. picocli.. tools.jackson.core..
      cli.simulate | core.stream core.json cli.terminal testkit.sim testkit.sim.draw | java.io java.lang.. java.net java.nio.. java.time.. java.util.. picocli..
      cli.stream | core.stream core.guard core.policy core.provider cli.terminal client | java.lang.. java.time.. java.util..
      cli.chat | core.stream core.guard core.request core.provider core.policy cli.terminal cli.stream client | java.lang.. java.net java.time.. java.util.. picocli..
      cli.debug | core.stream core.guard core.provider core.policy cli.terminal cli.stream observe.debug observe.debug.clients observe.debug.facts observe.debug.replay observe.debug.report observe.debug.rules observe.debug.wire | java.io java.lang.. java.net java.nio.. java.time.. java.util.. picocli..
      cli.playground | core.stream core.guard core.json core.policy core.spi cli.terminal gateway gateway.config testkit.answer testkit.fault testkit.http testkit.server | java.io java.lang.. java.net java.nio.. java.time.. java.util..
      cli.cluster | core.json cli.terminal cli.playground gateway gateway.config testkit.answer testkit.fault testkit.journal testkit.model testkit.scenario testkit.server | java.io java.lang.. java.net java.nio.. java.time.. java.util..
      cli.demo | core.stream core.guard core.request core.dialect core.json core.provider core.policy core.spi cli.terminal cli.cluster cli.playground cli.stream client gateway gateway.config observe testkit.answer testkit.fault testkit.model testkit.proxy testkit.scenario testkit.server | java.io java.lang.. java.net java.nio.. java.time.. java.util.. picocli..
      cli.faults | core.stream core.guard cli.terminal cli.stream testkit.answer testkit.fault testkit.model testkit.scenario testkit.server | java.lang.. java.net java.nio.. java.util.. picocli..
      cli.serve | core.json core.spi cli.terminal gateway gateway.access gateway.config gateway.config.file gateway.durable gateway.manage gateway.route testkit.fault testkit.journal testkit.scenario testkit.server | java.io java.lang.. java.net java.nio.. java.security java.time.. java.util.. picocli..
      cli.watch | core.guard core.frame core.json cli.terminal cli.demo observe observe.dashboard observe.server | java.io java.lang.. java.net java.nio.. java.time.. java.util.. picocli..
      cli.journal | core.spi cli.terminal journal | java.io java.lang.. java.nio.. java.time.. java.util.. picocli..
      cli.shell | cli.terminal | java.lang.. java.nio.. java.util.. picocli..
      cli | cli.terminal cli.shell cli.explain cli.inspect cli.judge cli.simulate cli.chat cli.debug cli.demo cli.faults cli.journal cli.serve cli.watch | java.io java.lang.. java.nio.. java.util.. picocli..
      """;

  private PermittedDependencies() {}

  /**
   * One row.
   *
   * @param room a package below the root, for example {@code core.frame}
   * @param ours packages below the root that it may see besides itself
   * @param others packages and classes that are not ours
   */
  record Row(String room, List<String> ours, List<String> others) {
    /** {@return whether this row speaks of {@code packageName} under {@code root}} */
    boolean speaksOf(String root, String packageName) {
      return packageName.equals(root + "." + room);
    }

    /** {@return what the room may depend on} */
    DescribedPredicate<JavaClass> permitted(String root) {
      var names =
          Stream.concat(
                  Stream.concat(Stream.of(room), ours.stream()).map(name -> root + "." + name),
                  Stream.concat(others.stream(), Stream.of("org.jspecify.annotations")))
              .toList();
      return DescribedPredicate.describe(
          "are permitted to " + room,
          target -> {
            var type = target.getBaseComponentType();
            return type.isPrimitive() || names.stream().anyMatch(name -> covers(name, type));
          });
    }

    private static boolean covers(String name, JavaClass type) {
      if (name.endsWith("..")) {
        String top = name.substring(0, name.length() - 2);
        return type.getPackageName().equals(top) || type.getPackageName().startsWith(top + ".");
      }
      return Character.isUpperCase(name.charAt(name.lastIndexOf('.') + 1))
          ? type.getName().equals(name) || type.getName().startsWith(name + "$")
          : type.getPackageName().equals(name);
    }
  }

  /** {@return the rows of the table, in order} */
  static List<Row> rows() {
    return TABLE
        .lines()
        .skip(1)
        .map(line -> line.split("\\|", -1))
        .map(cells -> new Row(cells[0].strip(), words(cells[1]), words(cells[2])))
        .toList();
  }

  /** {@return arrows to a package that is not drawn before; without any there is no cycle} */
  static List<String> upward(List<Row> rows) {
    var arrows = new ArrayList<String>();
    for (int i = 0; i < rows.size(); i++) {
      var row = rows.get(i);
      var above = rows.subList(0, i).stream().map(Row::room).toList();
      row.ours().stream()
          .filter(name -> !name.endsWith("..") && !above.contains(name))
          .forEach(name -> arrows.add(row.room() + " -> " + name));
    }
    return arrows;
  }

  private static List<String> words(String cell) {
    return cell.strip().equals("-") ? List.of() : List.of(cell.strip().split("\\s+"));
  }
}
