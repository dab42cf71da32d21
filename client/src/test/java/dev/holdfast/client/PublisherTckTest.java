package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.StreamEvent;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.ITestContext;
import org.testng.ITestListener;
import org.testng.ITestResult;
import org.testng.TestNG;

/** Runs the Reactive Streams TCK, which is written for TestNG, as one test. */
@Timeout(600)
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
      // What must come may take a busy machine long; what must not come is waited for in vain.
      super(new TestEnvironment(60_000, 100, 100));
    }

    // Three rules the TCK gives a tenth of a second, whatever its environment says, and one the
    // first collection of garbage.

    @Override
    @org.testng.annotations.Test
    public void required_spec309_requestZeroMustSignalIllegalArgumentException()
        throws InterruptedException {
      isRefused(0);
    }

    @Override
    @org.testng.annotations.Test
    public void required_spec309_requestNegativeNumberMustSignalIllegalArgumentException()
        throws InterruptedException {
      isRefused(-1);
      isRefused(Long.MIN_VALUE);
    }

    @Override
    @org.testng.annotations.Test
    public void
        optional_spec309_requestNegativeNumberMaySignalIllegalArgumentExceptionWithSpecificMessage()
            throws InterruptedException {
      isRefused(-7);
    }

    private void isRefused(long demand) throws InterruptedException {
      var subscriber = new Subscriber();
      createFlowPublisher(10).subscribe(subscriber);
      subscriber.subscriptions.take().request(demand);
      assertThat(subscriber.signals.take())
          .isInstanceOf(IllegalArgumentException.class)
          .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
          .hasMessageContaining("3.9");
      assertThat(subscriber.signals.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    @Override
    @org.testng.annotations.Test
    public void
        required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber()
            throws InterruptedException {
      var publisher = createFlowPublisher(3);
      var subscriber = cancelledAfterOne(publisher);
      try {
        while (subscriber.get() != null) {
          System.gc();
        }
      } finally {
        Reference.reachabilityFence(publisher);
      }
    }

    /** Of its own, so that no frame of the caller's holds what it made. */
    private static WeakReference<Subscriber> cancelledAfterOne(
        Flow.Publisher<StreamEvent> publisher) throws InterruptedException {
      var subscriber = new Subscriber();
      publisher.subscribe(subscriber);
      var subscription = subscriber.subscriptions.take();
      subscription.request(1);
      assertThat(subscriber.signals.take()).isInstanceOf(StreamEvent.class);
      subscription.cancel();
      return new WeakReference<>(subscriber);
    }

    @Override
    public Flow.Publisher<StreamEvent> createFlowPublisher(long elements) {
      return CompletionStream.publisher(() ->
          new Rig(
                  new EchoMachine(),
                  new FakeTransport(exchange -> count(exchange, elements)),
                  SpillingSink::new)
              .stream());
    }

    @Override
    public Flow.Publisher<StreamEvent> createFailedFlowPublisher() {
      return CompletionStream.publisher(() -> {
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

  /** Keeps what it is told. */
  private static final class Subscriber implements Flow.Subscriber<StreamEvent> {
    final BlockingQueue<Flow.Subscription> subscriptions = new LinkedBlockingQueue<>();
    final BlockingQueue<Object> signals = new LinkedBlockingQueue<>();

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscriptions.add(subscription);
    }

    @Override
    public void onNext(StreamEvent event) {
      signals.add(event);
    }

    @Override
    public void onError(Throwable thrown) {
      signals.add(thrown);
    }

    @Override
    public void onComplete() {
      signals.add("complete");
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
