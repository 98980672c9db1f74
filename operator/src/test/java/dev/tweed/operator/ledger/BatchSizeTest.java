package dev.tweed.operator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchSizeTest {
  @Test
  void halvesWhatTookTooLongAndGrowsBackByTenths() {
    BatchSize batch = new BatchSize(1_000, 5);

    batch.took(6);
    assertThat(batch.size()).isEqualTo(500);
    batch.took(5);
    assertThat(batch.size()).isEqualTo(601);
  }

  @Test
  void staysBetweenAFewAndTheMost() {
    BatchSize batch = new BatchSize(1_000, 5);
    batch.took(1);
    assertThat(batch.size()).isEqualTo(1_000);

    for (int i = 0; i < 20; i++) {
      batch.took(6);
    }

    assertThat(batch.size()).isEqualTo(16);
  }

  @Test
  void isNeverMoreThanAskedFor() {
    BatchSize batch = new BatchSize(1, 5);

    batch.took(6);

    assertThat(batch.size()).isEqualTo(1);
  }
}
