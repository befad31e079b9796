package io.dstm.datapath.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.datapath.internal.device.DeviceGoneException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PacketLoopTest {

    /** What a fake device does when it is called. */
    private interface Event {
        int receive(PacketBatch into) throws DatapathException;
    }

    /** Gives what the test queues and keeps what it is sent. */
    private static final class FakeDevice implements PacketDevice {
        final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
        final List<Integer> sent = new CopyOnWriteArrayList<>();
        volatile DatapathException sendRefusal;

        @Override
        public int receive(PacketBatch into, int timeoutMillis) throws DatapathException {
            into.clear();
            try {
                return events.take().receive(into);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }

        @Override
        public int send(PacketBatch batch) throws DatapathException {
            if (sendRefusal != null) {
                throw sendRefusal;
            }
            for (int i = 0; i < batch.count(); i++) {
                sent.add(batch.length(i));
            }
            return batch.count();
        }

        @Override
        public void wakeUp() {
            events.add(into -> 0);
        }

        @Override
        public void close() {}

        void give(int... lengths) {
            events.add(into -> {
                for (int i = 0; i < lengths.length; i++) {
                    into.add(into.memory().slotStart(i), lengths[i]);
                }
                return lengths.length;
            });
        }
    }

    private final FakeDevice source = new FakeDevice();
    private final FakeDevice ipv4 = new FakeDevice();
    private final FakeDevice ipv6 = new FakeDevice();
    private final List<String> ends = new CopyOnWriteArrayList<>();
    private PacketLoop loop;
    private Thread thread;

    private void start(PacketLoop.Judge judge) {
        loop = new PacketLoop(
                "loop", new PacketMemory(4, 1, 128), source, ipv4, ipv6, judge, ends::add, System::nanoTime);
        thread = new Thread(loop);
        thread.start();
    }

    /** Lets the loop come to the end of what the source was told to do, then stops it. */
    private void finish() throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        source.events.add(into -> {
            reached.countDown();
            return 0;
        });
        if (thread.isAlive()) {
            assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        }
        loop.stop();
        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).isFalse();
    }

    @AfterEach
    void nothing_keeps_running() throws InterruptedException {
        loop.stop();
        thread.join(TimeUnit.SECONDS.toMillis(10));
    }

    /** Even lengths go to IPv4, odd ones to IPv6, the length 13 is a poison. */
    private static void judge(PacketBatch in, PacketOutput out, long nanos) {
        for (int i = 0; i < in.count(); i++) {
            (in.length(i) % 2 == 0 ? out.toIpv4() : out.toIpv6()).add(in.offset(i), in.length(i));
            if (in.length(i) == 13) {
                throw new IllegalStateException("poison");
            }
            if (in.length(i) == 15) {
                throw new StackOverflowError();
            }
        }
    }

    @Test
    void packets_leave_on_the_side_the_rules_chose() throws Exception {
        start(PacketLoopTest::judge);
        source.give(20, 21, 22);
        source.give(23);
        finish();
        assertThat(ipv4.sent).containsExactly(20, 22);
        assertThat(ipv6.sent).containsExactly(21, 23);
        assertThat(ends).isEmpty();
    }

    @Test
    void a_batch_the_rules_fail_on_is_dropped_whole_and_counted() throws Exception {
        start(PacketLoopTest::judge);
        source.give(20, 13, 22);
        source.give(15);
        source.give(24, 25);
        finish();
        assertThat(ipv4.sent).containsExactly(24);
        assertThat(ipv6.sent).containsExactly(25);
        assertThat(loop.unjudged()).isEqualTo(4);
        assertThat(ends).isEmpty();
    }

    @Test
    void spares_are_free_again_for_the_next_batch() throws Exception {
        List<Integer> spares = new ArrayList<>();
        start((in, out, nanos) -> {
            spares.add(out.takeSpare());
            spares.add(out.takeSpare());
        });
        source.give(20);
        source.give(20);
        finish();
        int spare = new PacketMemory(4, 1, 128).spareStart(0);
        assertThat(spares).containsExactly(spare, -1, spare, -1);
    }

    @Test
    void a_device_that_fails_for_a_while_does_not_end_the_loop() throws Exception {
        start(PacketLoopTest::judge);
        for (int i = 0; i < 5; i++) {
            source.events.add(into -> {
                throw new DatapathException("no memory");
            });
        }
        source.events.add(into -> {
            throw new IllegalStateException("defect");
        });
        source.give(20);
        finish();
        assertThat(ipv4.sent).containsExactly(20);
        assertThat(ends).isEmpty();
    }

    @Test
    void trouble_on_one_side_does_not_cost_the_other_its_packets() throws Exception {
        ipv4.sendRefusal = new DatapathException("trouble");
        start(PacketLoopTest::judge);
        source.give(20, 21);
        finish();
        assertThat(ipv6.sent).containsExactly(21);
    }

    @Test
    void a_device_that_is_gone_ends_the_loop_with_the_reason() throws Exception {
        start(PacketLoopTest::judge);
        source.events.add(into -> {
            throw new DeviceGoneException("it is gone");
        });
        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).isFalse();
        assertThat(ends).containsExactly("it is gone");
    }

    @Test
    void a_side_that_is_gone_when_sending_ends_the_loop_too() throws Exception {
        ipv6.sendRefusal = new DeviceGoneException("socket is gone");
        start(PacketLoopTest::judge);
        source.give(21);
        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).isFalse();
        assertThat(ends).containsExactly("socket is gone");
    }
}
