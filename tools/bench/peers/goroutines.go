// Goroutines and unbuffered channels, on one processor.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
)

const repetitions = 5
const blocked = 100000

func cpuNanoseconds() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func quickest(action func(count int), count int) float64 {
	best := int64(math.MaxInt64)
	for i := 0; i < repetitions; i++ {
		runtime.GC()
		start := cpuNanoseconds()
		action(count)
		if elapsed := cpuNanoseconds() - start; elapsed < best {
			best = elapsed
		}
	}
	return float64(best) / float64(count)
}

func hop(count int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := 0; i < count/2; i++ {
			back <- <-there
		}
	}()
	for i := 0; i < count/2; i++ {
		there <- 1
		<-back
	}
}

func giveWay(count int) {
	done := make(chan bool)
	for i := 0; i < 2; i++ {
		go func() {
			for i := 0; i < count/2; i++ {
				runtime.Gosched()
			}
			done <- true
		}()
	}
	<-done
	<-done
}

func life(count int) {
	for i := 0; i < count; i++ {
		go func() {}()
		runtime.Gosched()
	}
}

func resident() int64 {
	statm, err := os.Open("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	defer statm.Close()
	var virtual, pages int64
	fmt.Fscan(statm, &virtual, &pages)
	return pages * int64(os.Getpagesize())
}

//go:noinline
func receiveFrom(channel chan int) int { return <-channel }

//go:noinline
func wait(channel chan int) int { return receiveFrom(channel) + 1 }

func grown() float64 {
	channel := make(chan int)
	runtime.GC()
	before := resident()
	for i := 0; i < blocked; i++ {
		go wait(channel)
	}
	runtime.Gosched()
	return float64(resident()-before) / blocked
}

func main() {
	runtime.GOMAXPROCS(1)
	figures := map[string]func() float64{
		"hop":     func() float64 { return quickest(hop, 2000000) },
		"yield":   func() float64 { return quickest(giveWay, 2000000) },
		"life":    func() float64 { return quickest(life, 500000) },
		"blocked": grown,
	}
	fmt.Printf("%.1f\n", figures[os.Args[1]]())
}
