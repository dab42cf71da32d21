package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.server.FaultServer;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Asks for a running {@link FaultServer}, in a field or a parameter of that type:
 *
 * <pre>{@code
 * @Test
 * void survivesACut(@Faults("cut-rst@token=3") FaultServer server) {
 *   new MyClient(server.baseUrl()).ask("Hello?");
 *   server.received().hasCount(2).hasNoneOpen();
 * }
 * }</pre>
 *
 * A parameter and an instance field get a server for each test, a static field one for all tests of
 * the class; it is closed afterwards. It listens on loopback, on a free port, and speaks every
 * protocol.
 */
@Documented
@Target({ElementType.FIELD, ElementType.PARAMETER})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(FaultServerExtension.class)
public @interface Faults {
  /**
   * {@return what goes wrong with the first request of each stream, the second one, and so on, as
   * {@link dev.holdfast.testkit.fault.Fault#parseAll} reads it; nothing by default}
   */
  String[] value() default {};

  /** {@return a scenario file instead, YAML or JSON, relative to where the tests run} */
  String scenario() default "";

  /** {@return the answer of every stream; by default a text drawn from the seed} */
  String answer() default "";

  /** {@return the seed of everything drawn} */
  long seed() default 0;

  /** {@return whether time moves only by {@link FaultServer#advance}} */
  boolean virtualTime() default false;
}
