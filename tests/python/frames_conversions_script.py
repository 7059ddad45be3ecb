# outputs compare with python3.11
import re,heapq,bisect,abc,math,operator,io,sys,traceback,warnings,collections
warnings.simplefilter('always')
def tb(f,*a):
    for i in range(12):
        try: r=f(*a)
        except BaseException as e:
            out=[type(e).__name__,str(e),repr(e.__context__),[(x.name,x.lineno,x.line) for x in traceback.extract_tb(e.__traceback__)]]
        else: out=repr(r)
    print(out)
def mk(**k): return type('T',(),{n:(lambda v: (lambda s,*a: v() if callable(v) else v))(v) for n,v in k.items()})()
def boom(): raise ValueError('boom')
class IS(int): pass
class FS(float): pass
class CS(complex): pass
class SS(str): pass
class BS(bytes): pass
for v in (boom,-1,2**100,'x',3.5,True,None,IS(3),0):
    o=mk(__len__=v); tb(len,o); tb(bool,o); tb(lambda: len(o)); tb(lambda: bool(o))
for v in (boom,True,1,None): o=mk(__bool__=v); tb(lambda: bool(o))
for v in (boom,-1,2**70,-2**61-1,2**61-1,True,None,'x',IS(-1)): o=mk(__hash__=v); tb(lambda: hash(o))
for v in (boom,'x',3,SS('q'),None):
    o=mk(__str__=v); p=mk(__repr__=v); q=mk(__format__=v)
    for g in (lambda: str(o),lambda: str(p),lambda: repr(p),lambda: ascii(p),lambda: f'{o}',lambda: f'{o!s}',lambda: f'{p!r}',lambda: f'{p!a:>5}',lambda: f'{p}',lambda: f'{p:>5}',lambda: f'{q}',lambda: f'{q:x{1}}',lambda: format(o),lambda: format(o,'x'),lambda: format(q,'y'), lambda: type(str(o)), lambda:type(f'{o}'),lambda: print(o,file=io.StringIO())): tb(g)
for v in (boom,1,IS(2),True,1.5,None):
    o=mk(__int__=v); p=mk(__index__=v); 
    for g in (lambda:int(o),lambda:int(p),lambda:operator.index(p),lambda:hex(p),lambda:bin(p),lambda:oct(p),lambda:range(p),lambda:range(1,p),lambda:range(1,2,p),lambda:float(p),lambda:complex(p),lambda:type(int(o))): tb(g)
for v in (boom,1.,FS(2),1,None):
    o=mk(__float__=v)
    for g in (lambda:float(o),lambda:complex(o),lambda:math.floor(o),lambda: math.trunc(o)): tb(g)
for v in (boom,1j,CS(2),1.5,None):
    o=mk(__complex__=v); tb(lambda:complex(o)); tb(lambda: complex(o,1))
for v in (boom,b'x',BS(b'z'),'x',None):
    o=mk(__bytes__=v); tb(lambda:bytes(o)); tb(lambda: type(bytes(o)))
for n in '__len__ __bool__ __hash__ __str__ __repr__ __int__ __index__ __float__ __complex__ __bytes__ __format__ __floor__ __trunc__ __dir__'.split():
    T=type('T',(),{n:None}); o=T()
    for g in (len,bool,hash,str,int,float,complex,bytes,format,math.floor,math.trunc,operator.index,hex,range): 
        if n not in('__str__','__repr__'): tb(lambda: (g(o),0)[1])
    tb(lambda: (str(o),0)[1]); tb(lambda:(repr(o),0)[1]); tb(lambda:(f'{o}',0)[1])
class SM:
    @staticmethod
    def __len__(): return 4
    @classmethod
    def __str__(c): return c.__name__
    __repr__=operator.attrgetter('zz')
    __int__=property(lambda s: lambda: 5)
    zz='zz'
for g in (len,str,repr,int): tb(lambda: g(SM()))
class M(type):
    def __instancecheck__(c,o): return c.v() if callable(c.v) else c.v
    __subclasscheck__=__instancecheck__
for v in (boom,1,[],None,mk(__bool__=boom),mk(__bool__=3),mk(__len__=0),mk(__len__=-4)):
    C=M('C',(),{'v':staticmethod(v) if callable(v) else v})
    for c in (C,(int,C),((C,),),C|None,(C,3)): tb(lambda: isinstance('s',c)); tb(lambda: issubclass(str,c))
for c in (3,(3,),int|list[int],list[int]): tb(lambda: isinstance('s',c)); tb(lambda: issubclass(str,c))
class D:
    def __dir__(s): return s.v
for v in (['b','a'],('x',),3,[1,'a'],None): d=D(); d.v=v; tb(lambda: dir(d))
class W:
    def __init__(s): s.l=[]
    def write(s,t): s.l.append(t)
    def flush(s): s.l.append('F')
for k in ({},{'sep':'-'},{'end':''},{'flush':True},{'flush':1},{'sep':3},{'end':3},{'sep':None},{'foo':1}):
    w=W(); tb(lambda: print(mk(__str__='a'),2,mk(__repr__='r'),file=w,**k)); print(w.l)
w=object(); tb(lambda: print(mk(__str__='a'),file=w)); 
tb(lambda: print(mk(__str__=3),file=W()))
class W2:
    def __getattr__(s,n): raise KeyError(n)
tb(lambda: print(1,file=W2()))
def ctx():
    try: 1/0
    except ZeroDivisionError: return len(mk(__len__=boom))
tb(ctx)
def ctx():
    try: 1/0
    except ZeroDivisionError: return str(mk(__str__=3))
tb(ctx)
def cb(m): raise KeyError(m[0])
tb(lambda: re.sub('a',cb,'xay')); tb(lambda: re.sub('a',lambda m:3,'xay')); tb(lambda: re.sub('a',lambda m:'x',b'xay')); tb(lambda: re.sub(b'a',lambda m:'x',b'xay'))
tb(lambda: re.sub('',lambda m:'-','abc')); tb(lambda: re.subn('x*',lambda m:'-','axbc',count=3)); tb(lambda: re.sub('x',lambda m:'-','xxx',-1)); tb(lambda:re.compile('x').sub(string='axa',repl=lambda m:'1'))
class AB(abc.ABC):
    @classmethod
    def __subclasshook__(cls, c): return cls.v() if callable(cls.v) else cls.v
for v in (boom,3,True,False,NotImplemented):
    AB.v=staticmethod(v) if callable(v) else v
    tb(lambda: isinstance(type('Q',(),{})(),AB)); tb(lambda: issubclass(type('Q',(),{}),AB))
tb(lambda: issubclass(3,AB)); tb(lambda: AB.__subclasscheck__(3))
class Fake:
    __class__=property(lambda s:int)
tb(lambda: isinstance(Fake(),int)); tb(lambda: isinstance(Fake(),AB)); tb(lambda: isinstance(Fake(),collections.abc.Sequence))
class L:
    def __init__(s,v): s.v=v
    def __lt__(s,o): 
        if s.v==4 or o.v==4: raise ValueError('four')
        return s.v<o.v
    def __repr__(s): return 'L%d'%s.v
for n in (3,4,6):
    l=[L(x) for x in range(n)]
    for g in (lambda:heapq.heapify(list(l)),lambda:heapq.heappush(list(l),L(4)),lambda:heapq.heappop(list(l)),lambda:heapq.heapreplace(list(l),L(9)),lambda:heapq.heappushpop(list(l),L(2)),lambda:bisect.bisect(l,L(3)),lambda:bisect.insort(l,L(1)),lambda:bisect.bisect_left(l,3,key=lambda k:k.v)): tb(g)
class Bad(L):
    def __lt__(s,o): H.clear(); return True
H=[Bad(1),Bad(2),Bad(3)]; tb(lambda: heapq.heappush(H,Bad(0)))
H=[Bad(1),Bad(2),Bad(3)]; tb(lambda: heapq.heapify(H))
