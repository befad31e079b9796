package io.dstm.tep.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OutcomeTest {

    @Test
    void names_say_direction_reason_and_family() {
        assertThat(Outcome.values())
                .allSatisfy(
                        outcome -> assertThat(outcome.counter())
                                .matches(
                                        "(in|out|hairpin|answer|translate|learn|hold|drop|withheld|noted)(-[a-z]+)+-(ipv4|ipv6|icmpv4|icmpv6|ip)"));
        assertThat(Outcome.DROP_NO_SOURCE_BINDING_IPV6.counter()).isEqualTo("drop-no-source-binding-ipv6");
    }

    @Test
    void every_counter_is_described_and_has_a_description_of_its_own() {
        assertThat(Arrays.stream(Outcome.values()).map(Outcome::description))
                .allMatch(text -> text.length() > 8)
                .doesNotHaveDuplicates();
    }

    @Test
    void counters_are_shown_in_the_order_of_their_definition_with_what_all_threads_counted() {
        Counters counters = new Counters();
        counters.newBlock().add(Outcome.DROP_LOOP_IPV6, 100);
        counters.newBlock().add(Outcome.DROP_LOOP_IPV6, 11);

        assertThat(counters.values()).hasSize(Outcome.values().length);
        assertThat(counters.values().get(0).name()).isEqualTo("in-all-ipv6");
        assertThat(counters.values())
                .filteredOn(value -> value.packets() != 0)
                .singleElement()
                .satisfies(value -> {
                    assertThat(value.name()).isEqualTo("drop-loop-ipv6");
                    assertThat(value.packets()).isEqualTo(2);
                    assertThat(value.bytes()).isEqualTo(111);
                });
    }
}
