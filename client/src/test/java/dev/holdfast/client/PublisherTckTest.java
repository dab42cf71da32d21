package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.ITestContext;
import org.testng.ITestListener;
import org.testng.ITestResult;
import org.testng.TestNG;

/** Runs the Reactive Streams TCK, which is written for TestNG, as one test. */
@Timeout(60)
final class PublisherTckTest {
  @Test
  void thePublisherKeepsTheReactiveStreamsRules() {
    var verdicts = new Verdicts();
    var suite = new TestNG(false);
    suite.setTestClasses(new Class<?>[] {Rules.class});
    suite.setVerbose(0);
    suite.addListener(verdicts);
    suite.run();
    assertThat(verdicts.failures).isEmpty();
    // The required rules alone are about 25; a suite that ran nothing must not pass.
    assertThat(verdicts.passed.get()).isGreaterThan(20);
  }

  /** The TCK's rules, over streams that echo numbers. */
  public static final class Rules extends FlowPublisherVerification<StreamEvent> {
    public Rules() {
      super(new TestEnvironment(400, 100));
    }

    @Override
    public Flow.Publisher<StreamEvent> createFlowPublisher(long elements) {
      return new EventPublisher(() ->
          new Rig(
                  new EchoMachine(),
                  new FakeTransport(exchange -> count(exchange, elements)),
                  SpillingSink::new)
              .stream());
    }

    @Override
    public Flow.Publisher<StreamEvent> createFailedFlowPublisher() {
      return new EventPublisher(() -> {
        throw new IllegalArgumentException("body: must be a JSON object, was a test");
      });
    }

    @Override
    public long maxElementsFromPublisher() {
      return 10_000;
    }

    private static void count(FakeTransport.FakeExchange exchange, long elements) {
      Transport.Receiver receiver = exchange.head(200).receiver;
      for (long i = 0; i < elements; i++) {
        exchange.say(Long.toString(i));
      }
      receiver.onEnd();
    }
  }

  /** Gathers what the suite says. */
  private static final class Verdicts implements ITestListener {
    final List<String> failures = new CopyOnWriteArrayList<>();
    final AtomicInteger passed = new AtomicInteger();

    @Override
    public void onTestStart(ITestResult result) {}

    @Override
    public void onTestSuccess(ITestResult result) {
      int unused = passed.incrementAndGet();
    }

    @Override
    public void onTestFailure(ITestResult result) {
      failures.add(result.getName() + ": " + result.getThrowable());
    }

    @Override
    public void onTestSkipped(ITestResult result) {}

    @Override
    public void onTestFailedButWithinSuccessPercentage(ITestResult result) {}

    @Override
    public void onStart(ITestContext context) {}

    @Override
    public void onFinish(ITestContext context) {}
  }
}
