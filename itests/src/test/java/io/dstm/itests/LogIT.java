package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.NODE3;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the logs say of all that was done to the Karafs before. */
@Order(99)
class LogIT {

    @ParameterizedTest
    @ValueSource(strings = {APPLIANCE, NODE1, NODE2, NODE3})
    void every_complaint_has_an_id_and_no_log_has_a_stack_trace(String namespace) {
        Lab lab = Lab.shared();
        RelayIT.bootNode3(lab);
        List<String> log = lab.log(namespace).lines().toList();
        assertThat(log).anyMatch(line -> line.contains("DSTM-"));
        assertThat(log.stream()
                        .filter(line -> line.contains("| ERROR |") || line.contains("| WARN  |"))
                        .filter(line -> line.contains("| io.dstm-")))
                .allMatch(line -> line.matches(".*\\bDSTM-[1-9]\\d{3} .*"));
        assertThat(log.stream()
                        .filter(line -> line.startsWith("\tat io.dstm.") || line.contains("Exception: io.dstm.")))
                .isEmpty();
        assertThat(log.stream().filter(line -> line.matches(".*DSTM-.*\\b[Dd]efect\\b.*")))
                .isEmpty();
    }
}
