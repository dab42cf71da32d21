package dev.holdfast.observe.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The histogram against the sorted numbers themselves. */
class HistogramTest {
  private static final long SEED = 20_261_121;

  @Test
  void everyPercentileIsTheTrueOneOrUpToOnePercentMore() {
    var random = new SplittableRandom(SEED);
    for (int round = 0; round < 200; round++) {
      var numbers = numbers(random);
      var histogram = of(numbers);
      Arrays.sort(numbers);
      for (double percent : new double[] {0, 1, 50, 90, 95, 99, 99.9, 100}) {
        long truth = numbers[(int) Math.max(0, Math.ceil(percent / 100 * numbers.length) - 1)];
        assertThat(histogram.percentile(percent))
            .as("seed %d, round %d, p%s", SEED, round, percent)
            .isBetween(truth, truth + truth / 100);
      }
      assertThat(histogram.min()).isEqualTo(numbers[0]);
      assertThat(histogram.max()).isEqualTo(numbers[numbers.length - 1]);
      assertThat(histogram.mean())
          .isCloseTo(Arrays.stream(numbers).average().orElseThrow(), within(1e-3));
    }
  }

  @Test
  void twoAddUpToOneOfAll() {
    var random = new SplittableRandom(SEED);
    var first = numbers(random);
    var second = numbers(random);
    var sum = of(first);
    sum.addAll(of(second));
    var all = of(first);
    Arrays.stream(second).forEach(number -> all.add(number, 1));
    assertThat(sum.count()).isEqualTo(first.length + second.length);
    for (int percent = 0; percent <= 100; percent++) {
      assertThat(sum.percentile(percent)).isEqualTo(all.percentile(percent));
    }
    assertThat(sum.mean()).isCloseTo(all.mean(), within(1e-3));
  }

  @Test
  void smallNumbersAndPowersOfTwoAreCountedExactlyBelowALimit() {
    var histogram = new Histogram();
    for (long number = 0; number < 1000; number++) {
      histogram.add(number, 2);
    }
    assertThat(histogram.below(0)).isZero();
    assertThat(histogram.below(1)).isEqualTo(2);
    assertThat(histogram.below(255)).isEqualTo(510);
    assertThat(histogram.below(512)).isEqualTo(1024);
    assertThat(histogram.below(Long.MAX_VALUE)).isEqualTo(2000);
  }

  @Test
  void theGreatestNumberThereIsHasABucket() {
    var histogram = of(new long[] {Long.MAX_VALUE, 1});
    assertThat(histogram.percentile(100)).isEqualTo(Long.MAX_VALUE);
    assertThat(histogram.percentile(50)).isEqualTo(1);
    assertThat(histogram.below(Long.MAX_VALUE)).isEqualTo(1);
  }

  @Test
  void aFullBucketStaysFull() {
    var histogram = new Histogram();
    histogram.add(5, 3_000_000_000L);
    histogram.add(5, 1);
    assertThat(histogram.count()).isEqualTo(3_000_000_001L);
    assertThat(histogram.percentile(100)).isEqualTo(5);
  }

  @Test
  void ofNothingAllIsZeroAndSoItIsOnceCleared() {
    var histogram = of(new long[] {7, 700});
    histogram.clear();
    assertThat(histogram.count()).isZero();
    assertThat(histogram.min()).isZero();
    assertThat(histogram.max()).isZero();
    assertThat(histogram.mean()).isZero();
    assertThat(histogram.percentile(99)).isZero();
    assertThat(histogram.below(1000)).isZero();
  }

  @Test
  void aNegativeNumberIsRefused() {
    assertThatThrownBy(() -> new Histogram().add(-1, 1))
        .hasMessage("number: must not be negative, was -1");
  }

  /** {@return up to 2,000 numbers, of all magnitudes up to 2^40} */
  private static long[] numbers(SplittableRandom random) {
    var numbers = new long[1 + random.nextInt(2000)];
    Arrays.setAll(numbers, i -> random.nextLong(1L << random.nextInt(1, 41)));
    return numbers;
  }

  private static Histogram of(long[] numbers) {
    var histogram = new Histogram();
    Arrays.stream(numbers).forEach(number -> histogram.add(number, 1));
    return histogram;
  }
}
